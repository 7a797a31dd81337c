// What a service says of a request may hold what was signed, and what it was signed with.
import type { Credentials } from './credentials.ts';

/** Shorter tokens are none, and would be found where nothing was shown. */
const minSecretLength = 16;

/**
 * A refusal without the part that begins where the canonical request, session token included, or a malformed Authorization
 * header is quoted, and without a signature.
 */
export function withoutSignedSecrets(said: string): string {
  return said
    .split(/\s*(?:The Canonical String for this request|Authorization=)/, 1)[0]!
    .replaceAll(/\bSignature=\w+/g, 'Signature=[redacted]');
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

/** A text without these secrets, as they are and as JSON, a URL or HTML may have them. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  // Hardly ever is one there, and the answer of every poll comes by here.
  const shown = secrets.filter((secret) => text.includes(/^\w*/.exec(secret)![0]));
  return shown.reduce((rest, secret) => rest.replaceAll(anyFormOf(secret), '[redacted]'), text);
}

/** Letters and digits stand for themselves everywhere; what else there is may be escaped, each character or not. */
function anyFormOf(secret: string): RegExp {
  const pattern = secret.replaceAll(/\W/g, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16).padStart(2, '0');
    const unicode = `u${hex.padStart(4, '0')}`;
    return `(?i:\\\\?\\${unicode}|\\\\${unicode}|%${hex}|&#(?:${code}|x${hex});)`;
  });
  return new RegExp(pattern, 'g');
}
