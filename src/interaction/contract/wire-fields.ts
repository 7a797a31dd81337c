// Strict readers of one JSON object from the network: each takes a field of the expected type or says which field was
// wrong and how, in words that can go to a log as they are.

/** A field that is not what the wire promises. The message names it and contains nothing that was received. */
export class WireFieldError extends Error {
  override readonly name = 'WireFieldError';
}

export type WireObject = Readonly<Record<string, unknown>>;

/** No name, state or identifier of AWS or CloneSquad comes near this; longer ones are not answers of theirs. */
const maxNameBytes = 1024;

/** The value as an object. `path` is what messages call it. */
export function toObject(value: unknown, path: string): WireObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mismatch(path, 'an object', value);
  return value as WireObject;
}

/** The value as an array. `path` is what messages call it. */
export function toArray(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw mismatch(path, 'an array', value);
  return value;
}

/** A required string of at most 1 KiB. */
export function readName(object: WireObject, field: string, path = field): string {
  const value = readString(object, field, path);
  const bytes = Buffer.byteLength(value);
  if (bytes > maxNameBytes)
    throw new WireFieldError(`${path}: ${bytes} bytes long, expected at most ${maxNameBytes}`);
  return value;
}

/** A string of at most 1 KiB, or null when it is null or absent. */
export function readOptionalName(object: WireObject, field: string, path = field): string | null {
  return isAbsent(object[field]) ? null : readName(object, field, path);
}

/** A required string of any length. */
export function readString(object: WireObject, field: string, path = field): string {
  const value = object[field];
  if (typeof value !== 'string') throw mismatch(path, 'a string', value);
  return value;
}

/** A string of any length, or null when it is null or absent. */
export function readOptionalString(object: WireObject, field: string, path = field): string | null {
  return isAbsent(object[field]) ? null : readString(object, field, path);
}

export function readBoolean(object: WireObject, field: string, path = field): boolean {
  const value = object[field];
  if (typeof value !== 'boolean') throw mismatch(path, 'a boolean', value);
  return value;
}

export function readOptionalBoolean(object: WireObject, field: string, path = field): boolean | null {
  return isAbsent(object[field]) ? null : readBoolean(object, field, path);
}

export function readArray(object: WireObject, field: string, path = field): readonly unknown[] {
  return toArray(object[field], path);
}

/** A required array of strings of any length. */
export function readStrings(object: WireObject, field: string, path = field): readonly string[] {
  return readArray(object, field, path).map((value, index) => {
    if (typeof value !== 'string') throw mismatch(`${path}[${index}]`, 'a string', value);
    return value;
  });
}

export function readNumber(object: WireObject, field: string, path = field): number {
  return toNumber(object[field], path);
}

/** The value as a number. JSON's parser makes an infinite one of a number that is too large, which no answer could say again. */
export function toNumber(value: unknown, path: string): number {
  if (typeof value !== 'number') throw mismatch(path, 'a number', value);
  if (!Number.isFinite(value))
    throw new WireFieldError(`${path}: expected a number, got one that is too large`);
  return value;
}

/** A required integer from 0 up. */
export function readCount(object: WireObject, field: string, path = field): number {
  const value = readNumber(object, field, path);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new WireFieldError(`${path}: expected a count, got ${value}`);
  return value;
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** What to throw for a value of the wrong type. */
export function mismatch(path: string, expected: string, value: unknown): WireFieldError {
  if (value === undefined) return new WireFieldError(`${path}: expected ${expected}, but it is missing`);
  return new WireFieldError(`${path}: expected ${expected}, got ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
