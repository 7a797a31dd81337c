// Python's `str()` of what a document can hold. CloneSquad stores every value of a JSON or YAML document as that text, so
// `true` is kept as `True` and a list as its Python notation.
import { PythonFloat, pythonNumber } from './python-json.ts';

/** A date or time that a YAML document had, as Python prints it (`2020-01-01`) and as it stands in a list of Python's. */
export class PythonDate {
  readonly text: string;
  readonly notation: string;

  constructor(text: string, notation: string) {
    this.text = text;
    this.notation = notation;
  }

  /** For JSON.stringify. */
  toJSON(): string {
    return this.text;
  }
}

/**
 * Python's `str()` of a value of a parsed document: strings as they are, everything else as Python writes it.
 * `undefined`, functions and symbols are no values of documents: TypeError.
 */
export function pythonStr(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof PythonDate) return value.text;
  return notation(value);
}

/** Python's `repr()`, which is what `str()` of a list or dictionary has inside. */
function notation(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (value instanceof PythonFloat) return value.toString();
  if (value instanceof PythonDate) return value.notation;
  if (Array.isArray(value)) return `[${value.map(notation).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, member]) => `${quoted(key)}: ${notation(member)}`)
      .join(', ')}}`;
  }
  throw new TypeError(`a document has no ${typeof value}`);
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // What Python's isprintable() says no to: controls, formats, surrogates, unassigned, and blanks other than the space.
  const escaped = text.replace(/[\\\p{C}\p{Z}]|'/gu, (character) => {
    if (character === ' ') return character;
    if (character === "'") return quote === "'" ? "\\'" : character;
    return shortEscapes[character] ?? numericEscape(character.codePointAt(0)!);
  });
  return `${quote}${escaped}${quote}`;
}

function numericEscape(codePoint: number): string {
  const hex = codePoint.toString(16);
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
