// Which of the known refusals one is, by the words that API Gateway, SQS and Lambda share.

export type RefusalKind =
  | 'expired-token'
  | 'invalid-token'
  | 'clock-skew'
  | 'wrong-region'
  | 'signature-mismatch'
  | 'not-allowed'
  | 'no-route'
  | 'wrong-endpoint';

// The types come after the messages: services name an expired signature and an expired token alike there.
const messages: readonly (readonly [RegExp, RefusalKind])[] = [
  [/^Signature (expired|not yet current)/, 'clock-skew'],
  [/^The security token included in the request is expired/, 'expired-token'],
  [/^The security token included in the request is invalid/, 'invalid-token'],
  [/^The request signature we calculated does not match/, 'signature-mismatch'],
  [/^Credential should be scoped to/, 'wrong-region'],
  [/is not authorized to (perform|access)/i, 'not-allowed'],
  [/^Missing Authentication Token$/i, 'no-route'],
  [/^Forbidden$/, 'wrong-endpoint'],
];

const types: readonly (readonly [RegExp, RefusalKind])[] = [
  [/^ExpiredToken/, 'expired-token'],
  [/^(UnrecognizedClient|InvalidClientTokenId)/, 'invalid-token'],
  [/^(RequestExpired|RequestTimeTooSkewed)/, 'clock-skew'],
  [/^(InvalidSignature|SignatureDoesNotMatch|IncompleteSignature)/, 'signature-mismatch'],
  [/^AccessDenied/, 'not-allowed'],
];

/** `type` is the error's code or `x-amzn-errortype`, where there is one. Null for whatever else was said. */
export function refusalKind(message: string, type: string): RefusalKind | null {
  const name = type.replace(/^.*#/, '');
  const found = messages.find(([words]) => words.test(message)) ?? types.find(([words]) => words.test(name));
  return found?.[1] ?? null;
}
