// What a service says of a request may hold what was signed, and what it was signed with.
import type { Credentials } from './credentials.ts';

/** Shorter tokens are none, and would be found where nothing was shown. */
const minSecretLength = 16;

/**
 * A refusal without the part that begins where the canonical request, session token included, or a malformed Authorization
 * header is quoted.
 */
export function withoutSignedSecrets(said: string): string {
  return said.split(/\s*(?:The Canonical String for this request|Authorization=)/, 1)[0]!;
}

/**
 * The secrets that a signed request shows to whoever it is sent to: the session token and the signature. The secret access
 * key is never sent.
 */
export function secretsSent(
  { sessionToken = '' }: Pick<Credentials, 'sessionToken'>,
  authorization = '',
): readonly string[] {
  const signature = /Signature=(\w+)/.exec(authorization)?.[1] ?? '';
  return [sessionToken, signature].filter(({ length }) => length >= minSecretLength);
}

/** A text without these secrets, as they are and as JSON or a URL may have them. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) => [secret, secret.replaceAll('/', '\\/'), encodeURIComponent(secret)])
    .reduce((rest, form) => rest.replaceAll(form, '[redacted]'), text);
}
