// What is checked of a signature before it is computed: what it is for, and when.
import { headerValues, type ReceivedRequest } from './canonical.ts';
import type { ParsedSignature } from './parse-signature.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { SigningScope } from './sign.ts';
import { basicIso } from './signature-fields.ts';

/** Whether the headers that must be are signed, as far as the request has them. */
export function checkBoundHeaders(
  request: ReceivedRequest,
  signature: ParsedSignature,
  boundHeaders: readonly string[],
): Refusal | undefined {
  const unsigned = boundHeaders.find(
    (name) => headerValues(request, name).length > 0 && !signature.signedHeaders.includes(name),
  );
  if (unsigned === undefined) return undefined;
  return refusal('incomplete-signature', `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
}

/** Whether it was signed for this service, here, on the day that it says. */
export function checkScope(signature: ParsedSignature, expected: SigningScope): Refusal | undefined {
  const { date, region, service, terminator, timestamp } = signature;
  const day = timestamp.slice(0, 8);
  if (terminator !== 'aws4_request') {
    return refusal(
      'invalid-scope',
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  if (region !== expected.region) {
    return refusal('invalid-scope', `Credential should be scoped to a valid region, not '${region}'.`);
  }
  if (service !== expected.service) {
    return refusal('invalid-scope', `Credential should be scoped to correct service: '${expected.service}'.`);
  }
  if (date !== day) {
    return refusal(
      'invalid-scope',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${day}', from '${timestamp}'.`,
    );
  }
  return undefined;
}

/** Whether it is valid now, by a clock that may be off by `maxSkewMs`. */
export function checkTime(signature: ParsedSignature, nowMs: number, maxSkewMs: number): Refusal | undefined {
  const { timestamp, signedAtMs, expiresSeconds } = signature;
  const minutes = `${maxSkewMs / 60_000} min.`;
  if (signedAtMs > nowMs + maxSkewMs) {
    return refusal(
      'signature-expired',
      `Signature not yet current: ${timestamp} is still later than ${basicIso(nowMs + maxSkewMs)} (${basicIso(nowMs)} + ${minutes})`,
    );
  }
  if (expiresSeconds !== undefined) {
    return signedAtMs + expiresSeconds * 1000 < nowMs
      ? refusal(
          'signature-expired',
          `Signature expired: ${timestamp} is now earlier than ${basicIso(nowMs - expiresSeconds * 1000)}`,
        )
      : undefined;
  }
  return signedAtMs < nowMs - maxSkewMs
    ? refusal(
        'signature-expired',
        `Signature expired: ${timestamp} is now earlier than ${basicIso(nowMs - maxSkewMs)} (${basicIso(nowMs)} - ${minutes})`,
      )
    : undefined;
}
