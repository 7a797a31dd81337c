// What the author of a document should know before it is loaded: keys that cannot be stored, what deletes, and values that
// the API would store as another text, or under another name, than they look like.
import { PythonFloat } from '../contract/python-json.ts';
import { PythonDate, pythonStr } from '../contract/python-text.ts';
import { quote } from './quote.ts';

/** An `error` must not be sent. */
export interface DocumentFinding {
  readonly severity: 'error' | 'warning';
  /** As the document has it: `set.name` for a nested one. */
  readonly key: string;
  readonly problem: string;
}

/** In the order of the document. Keys with capitals are no matter here: whole tables are not lower-cased. */
export function checkDocument(document: Readonly<Record<string, unknown>>): readonly DocumentFinding[] {
  return Object.entries(document).flatMap(([key, value]) => [
    ...keyFindings(key, key),
    ...(isMapping(value) ? nestedFindings(key, value) : valueFindings(key, value)),
  ]);
}

function nestedFindings(set: string, members: Readonly<Record<string, unknown>>): DocumentFinding[] {
  if (set.includes(']')) return [error(set, 'the name of a set cannot contain ]')];
  return [
    warning(set, `a set: what is in it is stored as [${quote(set, 200)}]KEY`),
    ...Object.entries(members).flatMap(([name, value]) => [
      ...keyFindings(`${set}.${name}`, name),
      ...valueFindings(`${set}.${name}`, value),
    ]),
  ];
}

function keyFindings(path: string, key: string): DocumentFinding[] {
  if (key === '') return [error(path, 'a key cannot be empty')];
  if (key.startsWith('[')) {
    return [error(path, 'a key cannot begin with [: the members of a set are nested under its name')];
  }
  return [];
}

function valueFindings(path: string, value: unknown): DocumentFinding[] {
  if (value === null) return [warning(path, 'null deletes it')];
  if (value === '') return [warning(path, 'an empty value deletes it')];
  if (typeof value === 'string') return [];
  // A whole number is stored as it is written.
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return [];
  const stored = quote(JSON.stringify(pythonStr(value)), 60);
  return [warning(path, `${kindOf(value)} is stored as the text ${stored}`)];
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'what is nested deeper than one level';
  if (typeof value === 'boolean') return 'a boolean (switches are 0 and 1)';
  return value instanceof PythonDate ? 'a date' : 'a number with a fraction or an exponent';
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  const isScalar = value instanceof PythonFloat || value instanceof PythonDate;
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isScalar;
}

function error(path: string, problem: string): DocumentFinding {
  return { severity: 'error', key: quote(path, 200), problem };
}

function warning(path: string, problem: string): DocumentFinding {
  return { severity: 'warning', key: quote(path, 200), problem };
}
