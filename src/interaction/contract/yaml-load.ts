// Reads one YAML document as PyYAML's safe_load does: YAML 1.1 scalars, the last of duplicate keys counts, and nothing
// but text, numbers, booleans, null, dates, lists and mappings.
import { type Document, LineCounter, parseDocument, type ScalarTag, visit, YAMLError } from 'yaml';
import { DocumentError, maxDepth, tooDeep } from './document-error.ts';
import { pythonStr } from './python-text.ts';
import { implicitTypes } from './yaml-implicit-types.ts';

/** Beyond what configurations are, and short enough to be read in about a second: the library is slow. */
const maxLength = 256 * 1024;

/** Each alias is looked for in the whole document. One anchor may be used so often; all may stand for so much text. */
const maxAliases = 1000;
const maxAliasCount = 100;
const maxCharacters = 10 * 1024 * 1024;

const scalarTags: ScalarTag[] = implicitTypes.map(({ tag, form, read }) => ({
  tag,
  default: true,
  test: form,
  resolve: (text) => read(text),
}));

/**
 * The document's value: mappings as objects, floats as PythonFloat, integers beyond a number's as bigint, dates as
 * PythonDate. Throws DocumentError.
 */
export function yamlLoad(text: string): unknown {
  if (text.length > maxLength) {
    throw new DocumentError(
      `it is longer than ${maxLength} characters, the most that is read as YAML; JSON may be longer`,
    );
  }
  const unprintable = /[^\t\n\r\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
  if (unprintable !== null) throw new DocumentError(`unprintable character at offset ${unprintable.index}`);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      version: '1.1',
      // Given in full, as a %YAML directive would otherwise choose another.
      schema: 'failsafe',
      customTags: scalarTags,
      merge: true,
      resolveKnownTags: false,
      uniqueKeys: false,
      // Says nothing either; `silent` would also keep quiet about a second document.
      logLevel: 'error',
      // Errors can be as many as the document has lines, and only the first is told: its place is found here.
      prettyErrors: false,
      lineCounter: lines,
    });
    const wrong = document.errors[0] ?? document.warnings[0];
    if (wrong !== undefined) throw wrong;
    if (countAliases(document) > maxAliases)
      throw new DocumentError(`it has more than ${maxAliases} aliases`);
    return new Expansion().plain(document.toJS({ mapAsMap: true, maxAliasCount }), 0);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    // Aliases that multiply or lead nowhere, merge keys without a mapping, a stack that ran out.
    throw toDocumentError(error as Error, lines);
  }
}

function countAliases(document: Document.Parsed): number {
  let count = 0;
  visit(document, {
    Alias: () => {
      count += 1;
    },
  });
  return count;
}

function toDocumentError(error: Error, lines: LineCounter): DocumentError {
  // The library reports it as it does an error of the document.
  if (/^Maximum call stack/.test(error.message)) return tooDeep();
  const [reason = ''] = error.message.split('\n', 1);
  return new DocumentError(`${reason}${placeOf(error, lines)}`, { cause: error });
}

function placeOf(error: Error, lines: LineCounter): string {
  if (!(error instanceof YAMLError)) return '';
  const { line, col } = lines.linePos(error.pos[0]);
  return ` at line ${line}, column ${col}`;
}

/** Turns what the library made into plain values, and counts what aliases make of a small document. */
class Expansion {
  #characters = 0;

  plain(value: unknown, depth: number): unknown {
    this.#count(1);
    if (depth > maxDepth) throw tooDeep();
    if (Array.isArray(value)) return value.map((item) => this.plain(item, depth + 1));
    if (!(value instanceof Map)) {
      if (typeof value === 'string') this.#count(value.length);
      return value;
    }
    const members = [...value].map(([key, member]) => [this.#key(key, depth), this.plain(member, depth + 1)]);
    // fromEntries defines properties: a key named __proto__ stays a key.
    return Object.fromEntries(members);
  }

  /** Inside, keys become Python's text of them when they are stored; the outermost ones are names and must be text. */
  #key(key: unknown, depth: number): string {
    if (key instanceof Map || Array.isArray(key)) throw new DocumentError('a key is a list or mapping');
    const text = pythonStr(key);
    if (depth === 0 && typeof key !== 'string') {
      throw new DocumentError(`the key ${text} is not text: put it in quotes`);
    }
    this.#count(text.length);
    return text;
  }

  #count(characters: number): void {
    this.#characters += characters;
    if (this.#characters > maxCharacters) throw new DocumentError('its aliases make it too large');
  }
}
