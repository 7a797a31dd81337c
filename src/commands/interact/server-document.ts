// Files for the running server: documents of JSON or YAML, and the lists that the API answers, which are JSON.
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { nameOf, parseText, readDocumentText } from './read-document.ts';

/** Of a file; without `format`, JSON by the name of the file, else YAML, of which JSON is a part. Throws CommandFailure. */
export async function readServerDocument(
  file: string,
  format: DocumentFormat | undefined,
  context: CommandContext,
): Promise<JsonValue> {
  const text = await readDocumentText(file, context);
  if (/^\s*\[/.test(text)) {
    try {
      return JSON.parse(text);
    } catch (error) {
      const { message } = error as Error;
      throw new CommandFailure(2, `${nameOf(file)}: a list must be JSON, and this is none: ${message}`);
    }
  }
  const document = await parseText(text, file, format);
  const { PythonDate } = await import('../../interaction/contract/python-text.ts');
  return withoutDates(document);

  /** JSON has no dates: they travel as Python's text of them, which is what CloneSquad keeps of them. */
  function withoutDates(value: unknown): JsonValue {
    if (value instanceof PythonDate) return value.text;
    if (Array.isArray(value)) return value.map(withoutDates);
    if (typeof value !== 'object' || value === null) return value as JsonValue;
    if (Object.getPrototypeOf(value) !== Object.prototype) return value as JsonValue;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutDates(member)]));
  }
}
