// `cs-interact import`: puts a whole document into the running server on this host.
import { type Command, Option } from 'commander';
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import { addServerOptions, type ServerOptions, withServer } from './admin-socket.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { show } from './output/show.ts';
import { renderProperties } from './output/table.ts';
import { documentFormats } from './read-document.ts';
import { readServerDocument } from './server-document.ts';
import { refuseModel } from './wire-document.ts';

const kinds = [
  'instances',
  'state',
  'configuration',
  'scheduler',
  'catalogue',
  'sentMetrics',
  'metricCache',
  'events',
  'discovery',
] as const;

interface ImportOptions extends ServerOptions {
  readonly format?: DocumentFormat;
  readonly as?: (typeof kinds)[number];
}

const importHelp = `
The file: what \`cs-interact export\` gives, or any of its members; each may be an
answer of a deployment's API as it came. By itself such an answer is imported with
--as KIND, from the command that prints it:
  instances      cs-interact fleet list --raw
  configuration  cs-interact config dump --raw
  catalogue      cs-interact config dump --unstable --raw
  scheduler      cs-interact schedule dump --raw
  discovery      cs-interact discover --raw
  sentMetrics    cs-interact cloudwatch sentmetrics --raw
  metricCache    cs-interact cloudwatch metriccache --raw
For example:
  cs-interact fleet list --raw | cs-interact import - --as instances

All of it is checked before anything is written. What is in the document is added,
or replaces what has its name; nothing is removed.`;

export function addImportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('import <file>')
    .description('put a document into the server running on this host; - is standard input')
    .addOption(new Option('--as <kind>', 'what the file is, if it is an answer by itself').choices(kinds))
    .addOption(new Option('--format <format>', 'of the file, otherwise by its name').choices(documentFormats))
    .addHelpText('after', importHelp);
  addServerOptions(command).action(async (file: string, options: ImportOptions) => {
    const document = wrap(await readServerDocument(file, options.format, context), file, options);
    await withServer(options, async (server) => {
      const counts = await server.import(document);
      await show({ value: counts, table: () => renderProperties(Object.entries(counts)) }, options, context);
    });
  });
}

function wrap(document: JsonValue, file: string, { as }: ImportOptions): JsonValue {
  const name = file === '-' ? 'standard input' : file;
  if (as !== undefined) {
    refuseModel(document, as, name);
    return { [as]: document };
  }
  const told = `say what it is with --as KIND, one of ${kinds.join(', ')}`;
  if (Array.isArray(document)) throw new CommandFailure(2, `${name}: this is a list by itself: ${told}`);
  const members = Object.keys(document as object);
  if (members.length === 0) throw new CommandFailure(2, `${name}: it is empty, there is nothing to import`);
  if (members.some((member) => (kinds as readonly string[]).includes(member))) return document;
  throw new CommandFailure(2, `${name}: this is no document of \`cs-interact export\`: ${told}`);
}
