// Who may send messages, as the queue's policy says it: patterns of ARNs, or what the dialect's revision says by default;
// and which, as the sender's own rules say.
import { type AccessKey, accountOf } from '../keys/access-key.ts';
import { isAllowed, isDenied } from '../keys/rules.ts';
import { matchesWildcard } from '../keys/wildcard.ts';
import type { Deployment } from '../operations/call.ts';

/** `senders` undefined: in D2 every key of the deployment's account, before that nobody. */
export function maySend(
  userArn: string,
  senders: readonly string[] | undefined,
  { dialect, accountId }: Pick<Deployment, 'dialect' | 'accountId'>,
): boolean {
  if (senders !== undefined) return senders.some((pattern) => matchesWildcard(pattern, userArn));
  return dialect === 'd2' && accountOf(userArn) === accountId;
}

/**
 * Why a key that may send may not send a message for the operation of that name, in IAM's words of a refusal; null when
 * it may. Its rules are matched as for a POST of it. `senders` stand for an `allow`, and never for want of a `deny`.
 */
export function messageRefusal(
  key: AccessKey,
  operation: string,
  senders: readonly string[] | undefined,
): string | null {
  if (isDenied(key, 'POST', operation)) {
    return `with an explicit deny in an identity-based policy: the key's rules deny POST/${operation}`;
  }
  if (senders !== undefined || isAllowed(key, 'POST', operation)) return null;
  return `because no identity-based policy allows the sqs:sendmessage action: the key's rules do not allow POST/${operation}`;
}
