// Reads the signature of a request, from its Authorization header or from the parameters of a presigned URL.
import { headerValues, type QueryParameter, type ReceivedRequest } from './canonical.ts';
import { headerFields } from './header-form.ts';
import { presignedFields } from './presigned-form.ts';
import { type Refusal, refusal } from './refusal.ts';
import { type SignatureFields, timestampMs } from './signature-fields.ts';

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
  const fields =
    authorization === undefined ? presignedFields(parameters) : headerFields(request, authorization);
  return 'ok' in fields ? fields : toSignature(fields, request);
}

function toSignature(fields: SignatureFields, request: ReceivedRequest): ParsedSignature | Refusal {
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
