// The signature in an Authorization header.
import { createHash } from 'node:crypto';
import { headerValues, type ReceivedRequest } from './canonical.ts';
import { type Refusal, refusal } from './refusal.ts';
import { algorithm, basicIso, type SignatureFields, timestampMs } from './signature-fields.ts';

/** The fields of the header, or a refusal that says which are missing. */
export function headerFields(request: ReceivedRequest, authorization: string): SignatureFields | Refusal {
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

function requestTimestamp(request: ReceivedRequest): string | undefined {
  const [amzDate] = headerValues(request, 'x-amz-date');
  if (amzDate !== undefined) return amzDate.trim();
  const [date] = headerValues(request, 'date');
  if (date === undefined || timestampMs(date) !== undefined) return date;
  const parsed = Date.parse(date);
  return Number.isNaN(parsed) ? date : basicIso(parsed);
}

// The header itself would put a usable signature into logs.
function hashForMessage(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
