// Prints YAML exactly as the running system does, PyYAML's `dump(value, default_flow_style=False)`: sorted keys, ASCII
// only, lines folded at 80 columns, so that a dump compares equal with one of CloneSquad's own.
import { byCodePoint, isArray, type JsonValue, PythonFloat, pythonNumber } from './python-json.ts';
import { isMultiline, scalarStyle } from './yaml-scalar-style.ts';
import { YamlWriter } from './yaml-writer.ts';

/** YAML text, with a newline at the end. */
export function yamlDump(value: JsonValue): string {
  const writer = new YamlWriter();
  dump(writer, value, null, 'root');
  writer.startLine(0);
  // A plain scalar alone could go on; PyYAML marks its end.
  const isOpen = isScalar(value) && (typeof value !== 'string' || scalarStyle(value, false) === 'plain');
  return isOpen ? `${writer.text}...\n` : writer.text;
}

type Scalar = string | number | boolean | null | PythonFloat;

/** Where a value stands; a sequence in a mapping is not indented. */
type Context = 'root' | 'sequence' | 'mapping';

/** `indent` is that of the collection around it, null at the root. */
function dump(writer: YamlWriter, value: JsonValue, indent: number | null, context: Context): void {
  const inner = indent === null ? 0 : indent + 2;
  if (isScalar(value)) {
    dumpScalar(writer, value, (indent ?? 0) + 2);
  } else if (isArray(value)) {
    const isIndentless = context === 'mapping' && !writer.isAtIndent;
    dumpSequence(writer, value, isIndentless ? indent! : inner);
  } else {
    dumpMapping(writer, value, inner);
  }
}

function dumpSequence(writer: YamlWriter, items: readonly JsonValue[], indent: number): void {
  if (items.length === 0) writer.indicator('[]');
  for (const item of items) {
    writer.startLine(indent);
    writer.indicator('-', { isIndent: true });
    dump(writer, item, indent, 'sequence');
  }
}

function dumpMapping(
  writer: YamlWriter,
  members: { readonly [key: string]: JsonValue },
  indent: number,
): void {
  const keys = Object.keys(members).sort(byCodePoint);
  if (keys.length === 0) writer.indicator('{}');
  for (const key of keys) {
    writer.startLine(indent);
    if (isSimpleKey(key)) {
      writer.string(key, scalarStyle(key, true), { indent: indent + 2, isFolded: false });
      writer.indicator(':', { isAttached: true });
    } else {
      writer.indicator('?', { isIndent: true });
      dump(writer, key, indent, 'mapping');
      writer.startLine(indent);
      writer.indicator(':', { isIndent: true });
    }
    dump(writer, members[key]!, indent, 'mapping');
  }
}

/** PyYAML counts the tag `!!str`, which it does not print, into the 128 characters that it allows. */
function isSimpleKey(key: string): boolean {
  return key !== '' && !isMultiline(key) && [...key].length < 123;
}

function dumpScalar(writer: YamlWriter, value: Scalar, indent: number): void {
  const [text, style] =
    typeof value === 'string'
      ? ([value, scalarStyle(value, false)] as const)
      : ([toPlain(value), 'plain'] as const);
  writer.string(text, style, { indent, isFolded: true });
}

function toPlain(value: Exclude<Scalar, string>): string {
  if (value instanceof PythonFloat) return toPlainFloat(value);
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? pythonNumber(value) : toPlainFloat(new PythonFloat(value));
}

/** `1e+16` alone is no float in YAML 1.1. */
function toPlainFloat(value: PythonFloat): string {
  if (!Number.isFinite(value.value)) return value.toString().replace(/(?=[in])/, '.');
  const text = value.toString();
  return text.includes('.') ? text : text.replace('e', '.0e');
}

function isScalar(value: JsonValue): value is Scalar {
  return typeof value !== 'object' || value === null || value instanceof PythonFloat;
}
