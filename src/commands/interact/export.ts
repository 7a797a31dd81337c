// `cs-interact export`: everything that the running server on this host keeps, as one document.
import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import { adminSocketOption, withServer } from './admin-socket.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { type DocumentFormat, documentFormats } from './read-document.ts';

interface ExportOptions {
  readonly adminSocket: string;
  readonly format?: DocumentFormat;
}

export function addExportCommand(program: Command, context: CommandContext): void {
  program
    .command('export [file]')
    .description('everything that the server running on this host keeps, as `cs-interact import` takes it')
    .addOption(
      new Option('--format <format>', 'of the document, otherwise by the name of the file, or JSON').choices(
        documentFormats,
      ),
    )
    .addOption(adminSocketOption())
    .action((file: string | undefined, options: ExportOptions) =>
      withServer(options, async (server) => {
        const text = await toFormat(await server.export(), options.format ?? formatOf(file));
        if (file === undefined || file === '-') context.print(text);
        else await writePrivately(file, `${text}\n`);
      }),
    );
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

async function replaceFile(file: string, text: string): Promise<void> {
  const { open, rename, rm } = await import('node:fs/promises');
  const temporary = `${file}.${process.pid}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
