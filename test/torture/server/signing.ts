// Signs requests as they are on the wire, however odd: a client's library would tidy up what is to be tried.
import { createHmac } from 'node:crypto';
import { canonicalRequest, queryParameters, sha256Hex } from '../../../src/aws/sigv4/canonical.ts';
import { deriveSigningKey } from '../../../src/aws/sigv4/signing-key.ts';
import { REGION, type TortureKey } from './keys.ts';

export type Headers = readonly (readonly [name: string, value: string])[];

export interface RawRequest {
  readonly method: string;
  /** Path and query, one character a byte. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface SigningOptions {
  readonly method?: string;
  readonly target: string;
  readonly body?: string;
  readonly headers?: Headers;
  readonly region?: string;
  readonly service?: string;
  readonly nowMs?: number;
  /** The day in the scope, when it is not that of the time. */
  readonly day?: string;
}

export const HOST = 'api.example.com';

/** With the signature in its Authorization header. */
export function signed(key: TortureKey, options: SigningOptions): RawRequest {
  const { method = 'GET', target, body = '' } = options;
  const wanted = scopeOf(options);
  const headers: Headers = [
    ['Host', HOST],
    ['X-Amz-Date', wanted.amzDate],
    ...(key.sessionToken === undefined ? [] : ([['X-Amz-Security-Token', key.sessionToken]] as const)),
    ...(options.headers ?? []),
  ];
  const names = [...new Set(headers.map(([name]) => name.toLowerCase()))].sort();
  const signature = signatureOf(key, { method, target, headers, body }, names, wanted);
  const fields = [
    `Credential=${key.accessKeyId}/${wanted.scope}`,
    `SignedHeaders=${names.join(';')}`,
    `Signature=${signature}`,
  ];
  return {
    method,
    target,
    headers: [...headers, ['Authorization', `AWS4-HMAC-SHA256 ${fields.join(', ')}`]],
    body,
  };
}

/** With the signature in the query. */
export function presigned(key: TortureKey, options: SigningOptions, expiresSeconds: number): RawRequest {
  const { method = 'GET', target, body = '' } = options;
  const wanted = scopeOf(options);
  const parameters = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${key.accessKeyId}/${wanted.scope}`],
    ['X-Amz-Date', wanted.amzDate],
    ['X-Amz-Expires', String(expiresSeconds)],
    ['X-Amz-SignedHeaders', 'host'],
    ...(key.sessionToken === undefined ? [] : [['X-Amz-Security-Token', key.sessionToken]]),
  ];
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&');
  const unsigned = `${target}${target.includes('?') ? '&' : '?'}${query}`;
  const headers: Headers = [['Host', HOST], ...(options.headers ?? [])];
  const request = { method, target: unsigned, headers, body };
  const signature = signatureOf(key, request, ['host'], wanted);
  return { ...request, target: `${unsigned}&X-Amz-Signature=${signature}` };
}

/** As bytes of the wire, with the length of its body unless it has headers of its own for that. */
export function render({ method, target, headers, body }: RawRequest): Buffer {
  const isFramed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const length: Headers =
    isFramed || body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body, 'latin1'))]];
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, 'latin1');
}

/** The same request with headers changed. */
export function withHeaders(request: RawRequest, change: (headers: Headers) => Headers): RawRequest {
  return { ...request, headers: change(request.headers) };
}

interface Scope {
  readonly amzDate: string;
  readonly scope: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

function scopeOf(options: SigningOptions): Scope {
  const { region = REGION, service = 'execute-api', nowMs = Date.now() } = options;
  const amzDate = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const { day = amzDate.slice(0, 8) } = options;
  return { amzDate, day, region, service, scope: `${day}/${region}/${service}/aws4_request` };
}

function signatureOf(
  key: TortureKey,
  { method, target, headers, body }: RawRequest,
  names: readonly string[],
  { amzDate, scope, day, region, service }: Scope,
): string {
  const [rawPath = '', rawQuery = ''] = splitTarget(target);
  const bytes = Buffer.from(body, 'latin1');
  const parameters = queryParameters(rawQuery);
  const canonical = canonicalRequest(
    { method, rawPath, rawQuery, headers, body: bytes },
    parameters,
    names,
    sha256Hex(bytes),
  );
  const text = ['AWS4-HMAC-SHA256', amzDate, scope, sha256Hex(Buffer.from(canonical, 'latin1'))].join('\n');
  const signingKey = deriveSigningKey(key, day, { region, service });
  return createHmac('sha256', signingKey).update(text).digest('hex');
}

function splitTarget(target: string): [string, string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}
