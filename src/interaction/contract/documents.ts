// Whole documents of configuration and scheduler, as JSON or YAML, read and printed as the running system's Python does.
import { DocumentError, maxDepth, tooDeep } from './document-error.ts';
import { type JsonValue, PythonFloat, pythonJson } from './python-json.ts';
import { readInteger } from './yaml-implicit-types.ts';
import { yamlDump } from './yaml-dump.ts';
import { yamlLoad } from './yaml-load.ts';

export type DocumentFormat = 'json' | 'yaml';

export type ParsedDocument =
  | { readonly ok: true; readonly document: Record<string, unknown> }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads a document, which must be one object. Values are strings, booleans, null, arrays, objects, numbers for integers
 * (bigint when they are too large for one), PythonFloat, and PythonDate from YAML: what `pythonStr` takes. Of duplicate
 * keys the last counts. `problem` is one line.
 */
export function parseDocument(text: string, format: DocumentFormat): ParsedDocument {
  try {
    const document = format === 'json' ? jsonLoad(text) : yamlLoad(text);
    if (!isObject(document)) return { ok: false, problem: `expected an object, got ${kindOf(document)}` };
    return { ok: true, document };
  } catch (error) {
    if (error instanceof DocumentError) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Text of a document: JSON without a newline at its end, YAML with one, as the running system sends them. */
export function printDocument(value: JsonValue, format: DocumentFormat): string {
  return format === 'json' ? pythonJson(value) : yamlDump(value);
}

function jsonLoad(text: string): unknown {
  try {
    // Numbers are read from their text: Python tells 1.0 from 1, and keeps all digits of integers.
    const value: unknown = JSON.parse(text, (_key, member: unknown, context?: { source?: string }) =>
      typeof member === 'number' ? readNumber(member, context?.source ?? String(member)) : member,
    );
    if (isTooDeep(value)) throw tooDeep();
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) throw new DocumentError(oneLine(error.message), { cause: error });
    // The reviver's stack ran out.
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}

function readNumber(value: number, source: string): unknown {
  if (/[.eE]/.test(source)) return new PythonFloat(value);
  // Python has no integer -0.
  return Number.isSafeInteger(value) ? value + 0 : readInteger(source);
}

/** Whether a parsed value is nested deeper than any document is taken. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (depth > maxDepth) return true;
  if (typeof value !== 'object' || value === null) return false;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return members.some((member) => isTooDeep(member, depth + 1));
}

/** The engine's message quotes the document. */
function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : 'a single value';
}
