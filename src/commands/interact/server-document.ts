// Files for the running server: documents of JSON or YAML, and the lists that the API answers, which are JSON.
import { extname } from 'node:path';
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { readDocumentText } from './read-document.ts';

/** Of a file; without `format`, JSON by the name of the file, else YAML, of which JSON is a part. Throws CommandFailure. */
export async function readServerDocument(
  file: string,
  format: DocumentFormat | undefined,
  context: CommandContext,
): Promise<JsonValue> {
  const text = await readDocumentText(file, context);
  const refuse = (problem: string) =>
    new CommandFailure(2, `${file === '-' ? 'standard input' : file}: ${problem}`);
  if (/^\s*\[/.test(text)) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw refuse(`a list must be JSON, and this is none: ${(error as Error).message}`);
    }
  }
  const { parseDocument } = await import('../../interaction/contract/documents.ts');
  const parsed = parseDocument(text, format ?? (extname(file) === '.json' ? 'json' : 'yaml'));
  if (!parsed.ok) throw refuse(parsed.problem);
  const { PythonDate } = await import('../../interaction/contract/python-text.ts');
  return withoutDates(parsed.document);

  /** JSON has no dates: they travel as Python's text of them, which is what CloneSquad keeps of them. */
  function withoutDates(value: unknown): JsonValue {
    if (value instanceof PythonDate) return value.text;
    if (Array.isArray(value)) return value.map(withoutDates);
    if (typeof value !== 'object' || value === null) return value as JsonValue;
    if (Object.getPrototypeOf(value) !== Object.prototype) return value as JsonValue;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutDates(member)]));
  }
}
