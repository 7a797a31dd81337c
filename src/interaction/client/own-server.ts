// What to do about a refusal by a server of one's own (`cs-interact serve`): it has keys with rules where AWS has policies.
import { isAwsHost } from '../../aws/endpoints.ts';

/** `hostname` is null for AWS. API Gateway behind a domain of one's own gives itself away: it masks accounts. */
export function isOwnServer(hostname: string | null, said: string): boolean {
  return hostname !== null && !isAwsHost(hostname) && !/:\*+\d*:/.test(said);
}

/** `rule` is the one that would allow it, `METHOD/path`; null for a queue, which says in its words which it is. */
export function adviceOnRuleRefusal(said: string, rule: string | null): string {
  if (/with an explicit deny/.test(said))
    return 'a deny rule of this key goes before: see cs-interact key list';
  const lacking = rule ?? /\b(?:GET|POST)\/[^\s,;]+/.exec(said)?.[0];
  return lacking === undefined
    ? "add this user's ARN to queueSenders in the key file of the server"
    : `add ${lacking} to the rules of this key (there: cs-interact key change ID --keys FILE --allow ${lacking})`;
}
