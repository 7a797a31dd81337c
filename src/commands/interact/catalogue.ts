// `cs-interact catalogue`: the configuration keys that CloneSquad is built with, which an operator on the server's host
// enters, for instance from the dump of a running deployment.
import { type Command, Option } from 'commander';
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import { addServerOptions, type ServerOptions, withServer } from './admin-socket.ts';
import type { CommandContext } from './command-context.ts';
import { show } from './output/show.ts';
import { type Column, renderTable } from './output/table.ts';
import { documentFormats } from './read-document.ts';
import { readServerDocument } from './server-document.ts';
import { refuseModel } from './wire-document.ts';

interface LoadOptions extends ServerOptions {
  readonly format?: DocumentFormat;
}

const loadHelp = `
The file: what \`cs-interact config dump --unstable --raw\` of a running deployment
gives, or
  { "ec2.schedule.desired_instance_count":
      { "DefaultValue": "-1", "Stable": true, "Format": "IntegerOrPercentage",
        "Description": "How many instances are wanted" } }`;

export function addCatalogueCommand(program: Command, context: CommandContext): void {
  const catalogue = program
    .command('catalogue')
    .description('configuration keys, with their defaults, that the server running on this host knows');

  const load = catalogue
    .command('load <file>')
    .description('enter the keys of a file, and leave the others; - is standard input')
    .addOption(new Option('--format <format>', 'of the file, otherwise by its name').choices(documentFormats))
    .addHelpText('after', loadHelp);
  addServerOptions(load).action(async (file: string, options: LoadOptions) => {
    const document = await readServerDocument(file, options.format, context);
    refuseModel(document, 'catalogue', file === '-' ? 'standard input' : file);
    await withServer(options, async (server) => {
      await print(await server.putCatalogue(document), options, context);
    });
  });

  const list = catalogue.command('list').description('show all keys');
  addServerOptions(list).action((options: ServerOptions) =>
    withServer(options, async (server) => print(await server.catalogue(), options, context)),
  );

  const remove = catalogue.command('remove <key...>').description('forget keys: all of them, or none');
  addServerOptions(remove).action((keys: string[], options: ServerOptions) =>
    withServer(options, async (server) => {
      await print(await server.removeCatalogueKeys(keys), options, context);
    }),
  );
}

type Definition = readonly [key: string, members: Readonly<Record<string, JsonValue>>];

const columns: readonly Column<Definition>[] = [
  { heading: 'KEY', cell: ([key]) => key },
  { heading: 'DEFAULT', cell: ([, { DefaultValue, Value }]) => textOf(DefaultValue ?? Value) },
  { heading: 'STABLE', cell: ([, { Stable }]) => Stable === true },
  { heading: 'FORMAT', cell: ([, { Format }]) => textOf(Format) },
];

function textOf(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function print(
  definitions: Readonly<Record<string, Definition[1]>>,
  options: ServerOptions,
  context: CommandContext,
): Promise<void> {
  const table = () => renderTable(columns, Object.entries(definitions));
  await show({ value: definitions, table }, options, context);
}
