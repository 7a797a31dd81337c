// Why a signed request is refused, with API Gateway's wording where it is always the same.

export type RefusalCode =
  | 'missing-authentication'
  | 'incomplete-signature'
  | 'invalid-client-token'
  | 'expired-token'
  | 'signature-mismatch'
  | 'signature-expired'
  | 'invalid-scope';

export type Refusal = { readonly ok: false; readonly code: RefusalCode; readonly message: string };

const fixedMessages = {
  'missing-authentication': 'Missing Authentication Token',
  'invalid-client-token': 'The security token included in the request is invalid.',
  'expired-token': 'The security token included in the request is expired',
} as const;

/** A refusal whose wording depends only on its code, or one with its own message. */
export function refusal(code: keyof typeof fixedMessages): Refusal;
export function refusal(code: Exclude<RefusalCode, keyof typeof fixedMessages>, message: string): Refusal;
export function refusal(code: RefusalCode, message?: string): Refusal {
  return { ok: false, code, message: message ?? fixedMessages[code as keyof typeof fixedMessages] };
}
