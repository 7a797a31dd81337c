// What a service says of a refused signature may hold what was signed.

/**
 * A refusal without the part that begins where the canonical request, session token included, or a malformed Authorization
 * header is quoted.
 */
export function withoutSignedSecrets(said: string): string {
  return said.split(/\s*(?:The Canonical String for this request|Authorization=)/, 1)[0]!;
}
