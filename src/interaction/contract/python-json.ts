// Prints JSON exactly as the running system does, Python's `json.dumps(value, indent=4, sort_keys=True)`, so that clients
// that compare or cut its text see no difference. Python's `17.0` is not reproduced: a JavaScript number has no such form.

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** JSON text: four spaces, keys in code point order, ASCII only, no newline at the end. */
export function pythonJson(value: JsonValue): string {
  return print(value, '\n');
}

function print(value: JsonValue, lineBreak: string): string {
  const inner = `${lineBreak}    `;
  if (isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((item) => print(item, inner)).join(`,${inner}`)}${lineBreak}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value).sort(byCodePoint);
    if (keys.length === 0) return '{}';
    const members = keys.map((key) => `${ascii(key)}: ${print(value[key]!, inner)}`);
    return `{${inner}${members.join(`,${inner}`)}${lineBreak}}`;
  }
  return typeof value === 'string' ? ascii(value) : JSON.stringify(value);
}

/** Array.isArray does not narrow a readonly array out of a union. */
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function ascii(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
}

/** JavaScript compares UTF-16 units, which puts U+FFxx after the astral planes; UTF-8 bytes order as code points do. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
