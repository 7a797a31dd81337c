// Recognises, in the answers of API Gateway and of the query services, the two refusals that a client can mend itself.
import type { HttpAnswer } from './http-exchange.ts';

/** `credentials`: expired or not valid any more. `clock`: signed at a time that the server does not accept. */
export type MendableRefusal = 'credentials' | 'clock';

const clockPattern =
  /Signature expired|Signature not yet current|RequestTimeTooSkewed|<Code>RequestExpired<\/Code>|RequestExpiredException/;
const credentialsPattern =
  /security token included in the request is (expired|invalid)|ExpiredToken|InvalidClientTokenId|UnrecognizedClientException|<Code>AuthFailure<\/Code>/i;

/** Undefined for every answer that is not one of the two, an authorisation refusal included. */
export function mendableRefusal(answer: HttpAnswer): MendableRefusal | undefined {
  if (answer.status !== 400 && answer.status !== 401 && answer.status !== 403) return undefined;
  const text = `${answer.headers['x-amzn-errortype'] ?? ''}\n${answer.body.toString('utf8')}`;
  // Services name an expired signature and an expired token alike in the type; only the message tells.
  if (clockPattern.test(text)) return 'clock';
  return credentialsPattern.test(text) ? 'credentials' : undefined;
}
