// The signature in the parameters of a presigned URL.
import { decodeParameter, type QueryParameter } from './canonical.ts';
import { type Refusal, refusal } from './refusal.ts';
import { algorithm, type SignatureFields } from './signature-fields.ts';

const maxExpiresSeconds = 7 * 24 * 3600;
const required = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Date',
  'X-Amz-Expires',
];

/** The fields among the parameters, or a refusal that says which are missing. */
export function presignedFields(parameters: readonly QueryParameter[]): SignatureFields | Refusal {
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
  if (!/^\d+$/.test(get('X-Amz-Expires')) || expiresSeconds < 1 || expiresSeconds > maxExpiresSeconds) {
    return refusal(
      'incomplete-signature',
      `'X-Amz-Expires' must be a number of seconds from 1 to ${maxExpiresSeconds}.`,
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
