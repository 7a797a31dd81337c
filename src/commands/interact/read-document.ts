// Files that commands are given, `-` being standard input.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';

/** What --format may be. */
export const documentFormats: readonly DocumentFormat[] = ['json', 'yaml'];

/** What a message calls it. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** The text of a file. Throws CommandFailure. */
export async function readDocumentText(file: string, context: CommandContext): Promise<string> {
  if (file === '-') return context.input.read();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { message } = error as NodeJS.ErrnoException;
    throw new CommandFailure(2, `${file}: it cannot be read (${message})`, { cause: error });
  }
}

/**
 * The object in a text that was read from `file`; without `format`, JSON by the name of the file, else YAML, of which JSON
 * is a part. Throws CommandFailure.
 */
export async function parseText(
  text: string,
  file: string,
  format: DocumentFormat | undefined,
): Promise<Record<string, unknown>> {
  const { parseDocument } = await import('../../interaction/contract/documents.ts');
  const parsed = parseDocument(text, format ?? (extname(file) === '.json' ? 'json' : 'yaml'));
  if (parsed.ok) return parsed.document;
  throw new CommandFailure(2, `${nameOf(file)}: ${parsed.problem}`);
}
