// Prints JSON exactly as the running system does, Python's `json.dumps(value, indent=4, sort_keys=True)`, so that clients
// that compare or cut its text see no difference.

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | PythonFloat
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * A number that is a float in Python, where `17.0` and `17` are printed differently. A JavaScript number with a whole
 * value is taken for an integer.
 */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** Python's `repr`: `17.0`, `0.1`, `1e+16`, `1e-07`, `inf`, `nan`. */
  toString(): string {
    const { value } = this;
    if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
    const sign = value < 0 || Object.is(value, -0) ? '-' : '';
    // Both languages print the fewest digits that read back the same, and differ only in how.
    const [mantissa, exponentText] = Math.abs(value).toExponential().split('e') as [string, string];
    return sign + layOut(mantissa.replace('.', ''), Number(exponentText));
  }

  /** For JSON.stringify, to which all numbers are alike. */
  toJSON(): number {
    return this.value;
  }
}

function layOut(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= 16) {
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** A number as Python's `str` has it; whole values as integers, with all their digits. */
export function pythonNumber(value: number): string {
  return Number.isInteger(value) ? String(BigInt(value)) : new PythonFloat(value).toString();
}

/** JSON text: four spaces, keys in code point order, ASCII only, no newline at the end. */
export function pythonJson(value: JsonValue): string {
  return print(value, '\n');
}

function print(value: JsonValue, lineBreak: string): string {
  const inner = `${lineBreak}    `;
  if (value instanceof PythonFloat) return jsonNumber(value.value, value.toString());
  if (isArray(value)) {
    let items = '';
    for (const item of value) items += `${items === '' ? '' : ','}${inner}${print(item, inner)}`;
    return items === '' ? '[]' : `[${items}${lineBreak}]`;
  }
  if (typeof value === 'object' && value !== null) {
    let members = '';
    for (const key of Object.keys(value).sort(byCodePoint)) {
      members += `${members === '' ? '' : ','}${inner}${ascii(key)}: ${print(value[key]!, inner)}`;
    }
    return members === '' ? '{}' : `{${members}${lineBreak}}`;
  }
  if (typeof value === 'number') return jsonNumber(value, pythonNumber(value));
  return typeof value === 'string' ? ascii(value) : String(value);
}

/** Python prints what JSON has no number for, too. */
function jsonNumber(value: number, text: string): string {
  return Number.isFinite(value) ? text : String(value);
}

/** Array.isArray does not narrow a readonly array out of a union. */
export function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function ascii(text: string): string {
  const json = JSON.stringify(text);
  // Most is ASCII already, and looking is cheaper than replacing nothing.
  if (!/[\u007f-\uffff]/.test(json)) return json;
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The order of Python's strings: by code point. JavaScript's own, by UTF-16 unit, puts U+E000 to U+FFFF behind the astral planes. */
export function byCodePoint(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let index = 0; index < end; index++) {
    const [ofA, ofB] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (ofA !== ofB) return rank(ofA) - rank(ofB);
  }
  return a.length - b.length;
}

/** Surrogates stand for what is above U+FFFF: they come behind all other units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
