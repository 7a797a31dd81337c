// Reads the signature of a request, from its Authorization header or from the parameters of a presigned URL.
import { createHash } from 'node:crypto';
import { decodeParameter, headerValues, type QueryParameter, type ReceivedRequest } from './canonical.ts';
import { type Refusal, refusal } from './refusal.ts';

export const algorithm = 'AWS4-HMAC-SHA256';

const maxPresignedSeconds = 7 * 24 * 3600;

export type ParsedSignature = {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
  /** `date/region/service/terminator`. */
  readonly scope: string;
  /** Lower case, sorted, unique; contains `host`. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly signedAtMs: number;
  readonly sessionToken: string | undefined;
  /** Only in the presigned form. */
  readonly expiresSeconds: number | undefined;
};

type Fields = {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  readonly expiresSeconds?: number;
};

/** The one signature of the request, or why there is none that can be used. */
export function parseSignature(
  request: ReceivedRequest,
  parameters: readonly QueryParameter[],
): ParsedSignature | Refusal {
  const authorizations = headerValues(request, 'authorization');
  const isPresigned = parameters.some(({ name }) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature');
  const [authorization] = authorizations;
  if (authorization === undefined && !isPresigned) return refusal('missing-authentication');
  if (authorizations.length + (isPresigned ? 1 : 0) > 1) {
    return refusal(
      'incomplete-signature',
      'The request is signed more than once: sign it in one header or in the query.',
    );
  }
  const fields = authorization === undefined ? queryFields(parameters) : headerFields(request, authorization);
  return 'ok' in fields ? fields : toSignature(fields, request);
}

function headerFields(request: ReceivedRequest, authorization: string): Fields | Refusal {
  const reference = `(hashed with SHA-256 and encoded with Base64) Authorization=${hashForMessage(authorization)}`;
  const space = authorization.search(/\s/);
  const scheme = space < 0 ? authorization : authorization.slice(0, space);
  if (scheme !== algorithm) {
    return refusal(
      'incomplete-signature',
      `Unsupported AWS 'algorithm': the scheme must be '${algorithm}'. ${reference}`,
    );
  }
  const fields = new Map<string, string>();
  for (const part of authorization.slice(scheme.length).split(',')) {
    const [name, ...rest] = part.trim().split('=');
    if (name === undefined || rest.length === 0 || fields.has(name)) {
      return refusal(
        'incomplete-signature',
        `Invalid key=value pair (missing equal-sign) in Authorization header ${reference}`,
      );
    }
    fields.set(name, rest.join('='));
  }
  const [credential, signedHeaders, signature] = ['Credential', 'SignedHeaders', 'Signature'].map((name) =>
    fields.get(name),
  );
  const timestamp = requestTimestamp(request);
  if (!credential || !signature || !signedHeaders || timestamp === undefined) {
    const missing = [
      ...(credential ? [] : ["Authorization header requires 'Credential' parameter."]),
      ...(signature ? [] : ["Authorization header requires 'Signature' parameter."]),
      ...(signedHeaders ? [] : ["Authorization header requires 'SignedHeaders' parameter."]),
      ...(timestamp !== undefined
        ? []
        : ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]),
    ];
    return refusal('incomplete-signature', `${missing.join(' ')} ${reference}`);
  }
  return {
    credential,
    signedHeaders,
    signature,
    timestamp,
    sessionToken: headerValues(request, 'x-amz-security-token')[0],
  };
}

function queryFields(parameters: readonly QueryParameter[]): Fields | Refusal {
  const required = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-SignedHeaders',
    'X-Amz-Signature',
    'X-Amz-Date',
    'X-Amz-Expires',
  ];
  const values = new Map<string, string>();
  for (const { name, value } of parameters) {
    if (!name.startsWith('X-Amz-')) continue;
    if (values.has(name))
      return refusal('incomplete-signature', `AWS query-string parameter '${name}' is given twice.`);
    values.set(name, decodeParameter(value));
  }
  const missing = required.filter((name) => !values.get(name));
  if (missing.length > 0) {
    return refusal(
      'incomplete-signature',
      missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(' '),
    );
  }
  const get = (name: string): string => values.get(name) ?? '';
  if (get('X-Amz-Algorithm') !== algorithm) {
    return refusal(
      'incomplete-signature',
      `Unsupported AWS 'algorithm': 'X-Amz-Algorithm' must be '${algorithm}'.`,
    );
  }
  const expiresSeconds = Number(get('X-Amz-Expires'));
  if (!/^\d+$/.test(get('X-Amz-Expires')) || expiresSeconds < 1 || expiresSeconds > maxPresignedSeconds) {
    return refusal(
      'incomplete-signature',
      `'X-Amz-Expires' must be a number of seconds from 1 to ${maxPresignedSeconds}.`,
    );
  }
  return {
    credential: get('X-Amz-Credential'),
    signedHeaders: get('X-Amz-SignedHeaders'),
    signature: get('X-Amz-Signature'),
    timestamp: get('X-Amz-Date'),
    sessionToken: values.get('X-Amz-Security-Token'),
    expiresSeconds,
  };
}

function toSignature(fields: Fields, request: ReceivedRequest): ParsedSignature | Refusal {
  const { timestamp, signature, sessionToken, expiresSeconds } = fields;
  const [accessKeyId, date, region, service, terminator, ...rest] = fields.credential.split('/');
  if (!accessKeyId || !date || !region || !service || !terminator || rest.length > 0) {
    return refusal(
      'incomplete-signature',
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got a different number.',
    );
  }
  const signedHeaders = [...new Set(fields.signedHeaders.toLowerCase().split(';'))].sort();
  if (!signedHeaders.includes('host') || headerValues(request, 'host').length !== 1) {
    return refusal(
      'incomplete-signature',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  const signedAtMs = timestampMs(timestamp);
  if (signedAtMs === undefined) {
    return refusal(
      'incomplete-signature',
      `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  const scope = [date, region, service, terminator].join('/');
  return {
    accessKeyId,
    date,
    region,
    service,
    terminator,
    scope,
    signedHeaders,
    signature,
    timestamp,
    signedAtMs,
    sessionToken,
    expiresSeconds,
  };
}

function requestTimestamp(request: ReceivedRequest): string | undefined {
  const [amzDate] = headerValues(request, 'x-amz-date');
  if (amzDate !== undefined) return amzDate.trim();
  const [date] = headerValues(request, 'date');
  if (date === undefined || timestampMs(date) !== undefined) return date;
  const parsed = Date.parse(date);
  return Number.isNaN(parsed) ? date : new Date(parsed).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function timestampMs(timestamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

// The header itself would put a usable signature into logs.
function hashForMessage(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
