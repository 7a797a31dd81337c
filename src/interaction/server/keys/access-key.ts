// An access key that the server accepts, whom it stands for, and what it may ask for.
import type { Caller } from '../gateway/caller.ts';
import type { Rules } from './rules.ts';

export interface AccessKey extends Caller, Rules {
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiresAtMs?: number | undefined;
}

/** The one account that all the ARNs are of; null when they are of several, or none. */
export function commonAccountOf(arns: readonly string[]): string | null {
  const [account, ...others] = new Set(arns.map(accountOf));
  return others.length === 0 ? (account ?? null) : null;
}

/** The account in an ARN such as `arn:aws:iam::111111111111:user/bob`, or null when there is none of 12 digits. */
export function accountOf(arn: string): string | null {
  const account = arn.split(':')[4];
  return account !== undefined && /^\d{12}$/.test(account) ? account : null;
}
