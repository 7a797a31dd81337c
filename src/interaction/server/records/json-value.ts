// What operators enter can be YAML, which has values that JSON, and therefore an answer, has not.
import { type JsonValue, PythonFloat } from '../../contract/python-json.ts';
import { RecordError } from './record-error.ts';

/** The value if JSON can hold it; `path` is what the message calls it. Throws RecordError. */
export function toJsonValue(value: unknown, path: string): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && isExact(value)) return value;
  if (value instanceof PythonFloat && Number.isFinite(value.value)) return value;
  if (Array.isArray(value)) return value.map((item, index) => toJsonValue(item, `${path}[${index}]`));
  if (typeof value === 'object' && isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, toJsonValue(member, `${path}.${key}`)]),
    );
  }
  throw new RecordError(`${path}: expected a value that JSON can hold as it is`);
}

/** A larger integer would not come back as it is. */
function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
