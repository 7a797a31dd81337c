// Who may send messages, as the queue's policy says it: patterns of ARNs, or what the dialect's revision says by default.
import { accountOf } from '../keys/access-key.ts';
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
