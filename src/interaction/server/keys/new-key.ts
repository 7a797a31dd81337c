// A new access key as the key file has it, in the forms of AWS's own ids and secrets.
import { randomBytes } from 'node:crypto';

/** Whom a key is made for. */
export type KeyHolder =
  | { readonly kind: 'instance'; readonly instanceId: string }
  | { readonly kind: 'user'; readonly name: string };

export interface NewKey {
  readonly holder: KeyHolder;
  readonly accountId: string;
  /** `aws` unless told. */
  readonly partition?: string | undefined;
  /** Absent: what the file says of keys without rules. */
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly expiresAtMs?: number | undefined;
}

/** A member of `keys` in the file. */
export interface KeyEntry {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly caller: string;
  readonly instanceId?: string;
  readonly userArn: string;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly expiresAt?: string;
}

/** The role that keys of instances claim to come from. */
const instanceRole = 'cs-instance-watcher';

/** A new key, random and known to no file yet. */
export function createKey({ holder, accountId, partition = 'aws', ...key }: NewKey): KeyEntry {
  const { allow, deny, expiresAtMs } = key;
  return {
    accessKeyId: `AKIA${randomBase32(16)}`,
    // 240 bits, 40 characters, of which none has to be quoted in a shell or a file of variables.
    secretAccessKey: randomBytes(30).toString('base64'),
    ...identityOf(holder, accountId, partition),
    ...(allow === undefined ? {} : { allow }),
    ...(deny === undefined ? {} : { deny }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() }),
  };
}

function identityOf(holder: KeyHolder, accountId: string, partition: string) {
  if (holder.kind === 'user') {
    const userArn = `arn:${partition}:iam::${accountId}:user/${holder.name}`;
    return { caller: `AIDA${randomBase32(17)}`, userArn };
  }
  const { instanceId } = holder;
  const userArn = `arn:${partition}:sts::${accountId}:assumed-role/${instanceRole}/${instanceId}`;
  return { caller: `AROA${randomBase32(17)}`, instanceId, userArn };
}

function randomBase32(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
