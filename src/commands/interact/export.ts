// `cs-interact export`: everything that the running server on this host keeps, as one document.
import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import { adminSocketOption, withServer } from './admin-socket.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { documentFormats } from './read-document.ts';

interface ExportOptions {
  readonly adminSocket: string;
  readonly format?: DocumentFormat;
}

export function addExportCommand(program: Command, context: CommandContext): void {
  program
    .command('export')
    .description('everything that the server running on this host keeps, as `cs-interact import` takes it')
    .argument('[file]', 'where to; one that is there is replaced, - is standard output')
    .addOption(
      new Option('--format <format>', 'of the document, otherwise by the name of the file, or JSON').choices(
        documentFormats,
      ),
    )
    .addOption(adminSocketOption())
    .action((file: string | undefined, options: ExportOptions) =>
      withServer(options, async (server) => {
        const exported = await server.export();
        const text = await toFormat(exported, options.format ?? formatOf(file));
        if (file === undefined || file === '-') return context.print(text);
        await writePrivately(file, `${text}\n`);
        context.warn(`wrote ${file}: ${countMembers(exported)}`);
      }),
    );
}

/** Such as `2 instances, 5 configuration`. */
function countMembers(json: string): string {
  const { version: _, group, ...members } = JSON.parse(json) as Record<string, unknown>;
  const counted = Object.entries(members)
    .map(([kind, member]) => ({ kind, count: Object.keys(member as object).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind}`);
  return counted.length === 0 ? `nothing but the group ${group}` : counted.join(', ');
}

function formatOf(file: string | undefined): DocumentFormat {
  return ['.yaml', '.yml'].includes(extname(file ?? '')) ? 'yaml' : 'json';
}

async function toFormat(json: string, format: DocumentFormat): Promise<string> {
  if (format === 'json') return json;
  const { parseDocument, printDocument } = await import('../../interaction/contract/documents.ts');
  const parsed = parseDocument(json, 'json');
  if (!parsed.ok) throw new CommandFailure(1, `the server's answer is not a document: ${parsed.problem}`);
  const text = printDocument(parsed.document as JsonValue, 'yaml').trimEnd();
  // What cannot be imported again is no export: YAML is read up to a length only.
  const again = parseDocument(text, 'yaml');
  if (again.ok) return text;
  throw new CommandFailure(1, `as YAML it could not be imported again (${again.problem}): export it as JSON`);
}

/** On disk under its name as a whole or not at all, and for its owner only: tags and events are nobody else's business. */
async function writePrivately(file: string, text: string): Promise<void> {
  const { realpath, stat, writeFile } = await import('node:fs/promises');
  const { replaceFile } = await import('../../interaction/server/write-file.ts');
  try {
    const present = await stat(file).catch(() => null);
    // A device or a pipe is written to: a file in the place of /dev/null would be missed by everybody.
    if (present?.isFile() === false) await writeFile(file, text);
    else await replaceFile(present === null ? file : await realpath(file), text);
  } catch (error) {
    const { message } = error as Error;
    const advice = 'give one that this user can write';
    throw new CommandFailure(1, `${file}: it cannot be written (${message}): ${advice}`, { cause: error });
  }
}
