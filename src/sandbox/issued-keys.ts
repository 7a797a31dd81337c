// The temporary access keys that the sandbox has given to the instance's role, for everything that must recognise them.
import { randomBytes } from 'node:crypto';
import type { SandboxState } from './state.ts';

export type IssuedKey = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly accountId: string;
  readonly roleName: string;
  /** The instance id, for keys that came from IMDS. */
  readonly sessionName: string;
  /** `arn:{partition}:sts::{account}:assumed-role/{role}/{session}`. */
  readonly arn: string;
  /** `AROA...:{session}`. */
  readonly userId: string;
};

export type KeyIssuer = {
  /** The key that IMDS hands out now: the same until it nears its end, as EC2 does. */
  current(): IssuedKey;
  issue(sessionName?: string): IssuedKey;
  /** Ends every key at once; IMDS hands out a new one from then on. */
  expireAll(): void;
  /** Makes every key unknown, as when the role was deleted. */
  forgetAll(): void;
  all(): IssuedKey[];
  find(accessKeyId: string): IssuedKey | undefined;
};

/** An issuer for the role of the state; `now` is the server's clock. */
export function createKeyIssuer(state: () => SandboxState, now: () => number): KeyIssuer {
  const keys = new Map<string, IssuedKey>();
  const roleIds = new Map<string, string>();
  let latest: string | undefined;

  const roleId = (roleName: string): string => {
    const known = roleIds.get(roleName) ?? `AROA${randomUpperCase(16)}`;
    roleIds.set(roleName, known);
    return known;
  };

  const issue = (sessionName = state().instance.instanceId): IssuedKey => {
    const { instance, credentials } = state();
    const { accountId, partition, roleName } = instance;
    const key: IssuedKey = {
      accessKeyId: `ASIA${randomUpperCase(16)}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(96).toString('base64'),
      issuedAtMs: now(),
      expiresAtMs: now() + credentials.lifetimeSeconds * 1000,
      accountId,
      roleName,
      sessionName,
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
      userId: `${roleId(roleName)}:${sessionName}`,
    };
    keys.set(key.accessKeyId, key);
    return key;
  };

  return {
    current() {
      const { instance } = state();
      const held = latest === undefined ? undefined : keys.get(latest);
      const isItsOwn = held?.sessionName === instance.instanceId && held.roleName === instance.roleName;
      if (held !== undefined && isItsOwn && now() < rotateAtMs(held)) return held;
      const next = issue();
      latest = next.accessKeyId;
      return next;
    },
    issue,
    expireAll() {
      for (const key of keys.values()) {
        keys.set(key.accessKeyId, { ...key, expiresAtMs: Math.min(key.expiresAtMs, now()) });
      }
    },
    forgetAll: () => keys.clear(),
    all: () => [...keys.values()],
    find: (accessKeyId) => keys.get(accessKeyId),
  };
}

// EC2 replaces credentials at least five minutes before their end; short test lifetimes scale that down.
function rotateAtMs(key: IssuedKey): number {
  return key.expiresAtMs - Math.min(5 * 60_000, (key.expiresAtMs - key.issuedAtMs) / 2);
}

function randomUpperCase(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
