// The canonical form of a request as received, per AWS Signature Version 4 for every service but S3. It works on
// the bytes of the wire: nothing is decoded and guessed at, so that what was signed is what is verified.
import { hash } from 'node:crypto';

/** A request as it came: target undecoded, headers in order with repetitions. */
export type ReceivedRequest = {
  readonly method: string;
  readonly rawPath: string;
  /** Without the question mark; empty when there is none. */
  readonly rawQuery: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
};

/** One query parameter, each side percent-encoded in RFC 3986 form. */
export type QueryParameter = { readonly name: string; readonly value: string };

/** Splits a raw query and re-encodes both sides of each parameter. A `+` is a space, as API Gateway reads it. */
export function queryParameters(rawQuery: string): QueryParameter[] {
  return rawQuery
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      return { name: encodeBytes(decodeBytes(name)), value: encodeBytes(decodeBytes(value)) };
    });
}

/** Sorted by name, then by value, repetitions kept. */
export function canonicalQuery(parameters: readonly QueryParameter[]): string {
  return [...parameters]
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

/**
 * Duplicate slashes and dot segments removed, then each segment, already encoded by the client, encoded again.
 * `/v1//metadata` and `/v1/metadata` have one canonical form.
 */
export function canonicalPath(rawPath: string): string {
  return plainPath(rawPath)
    .split('/')
    .map((segment) => encodeBytes(Buffer.from(segment, 'latin1')))
    .join('/');
}

/** The path that a signature is for, encoded as it came: without duplicate slashes and dot segments. */
export function plainPath(rawPath: string): string {
  const segments: string[] = [];
  for (const segment of rawPath.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  if (segments.length === 0) return '/';
  return `/${segments.join('/')}${rawPath.endsWith('/') ? '/' : ''}`;
}

/**
 * The canonical request over the headers named (lower case, sorted). Values are trimmed, inner runs of space are one
 * space, repetitions are joined by commas in the order received. One character stands for one byte of the wire.
 * `bodyHash` is the body's SHA-256 in hexadecimal.
 */
export function canonicalRequest(
  request: ReceivedRequest,
  parameters: readonly QueryParameter[],
  signedHeaders: readonly string[],
  bodyHash: string,
): string {
  // Grouped once: whoever names thousands of headers must not have each looked for among thousands.
  const received = Map.groupBy(request.headers, ([name]) => name.toLowerCase());
  const headerLines = signedHeaders.map((name) => {
    const values = (received.get(name) ?? []).map(([, value]) => fold(value));
    return `${name}:${values.join(',')}\n`;
  });
  return [
    request.method,
    canonicalPath(request.rawPath),
    canonicalQuery(parameters),
    headerLines.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

/** All the values of a header, in the order received. `name` in lower case. */
export function headerValues(request: ReceivedRequest, name: string): string[] {
  return request.headers.filter(([received]) => received.toLowerCase() === name).map(([, value]) => value);
}

/** In hexadecimal; a string is taken as UTF-8. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** The parameter's text; bytes that are not UTF-8 become U+FFFD. */
export function decodeParameter(encoded: string): string {
  return decodeBytes(encoded).toString('utf8');
}

function fold(value: string): string {
  // In this order: looking for the end after each of many spaces takes time by the square of their number.
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

// Byte by byte: a request target may carry percent-encoded bytes that are no UTF-8, and a lone `%` stands for itself.
function decodeBytes(text: string): Buffer {
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

function encodeBytes(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(
      /[^A-Za-z0-9\-._~]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
