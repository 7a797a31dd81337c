// The key that signs a day's requests of one access key: derived by four HMACs, worth remembering between requests.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { SigningScope } from './sign.ts';

/** What signing keys are derived from. */
export type Secret = { readonly secretAccessKey: string };

/** `date` is `YYYYMMDD`. */
export type DeriveSigningKey = (secret: Secret, date: string, scope: SigningScope) => KeyObject;

export const deriveSigningKey: DeriveSigningKey = ({ secretAccessKey }, date, { region, service }) => {
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`, 'utf8');
  for (const part of [date, region, service, 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return createSecretKey(key);
};

/**
 * Derives as well, and remembers for every secret the key that was derived last: agents sign all day in one scope. What
 * is remembered belongs to the object that holds the secret, and goes with it: secrets that were read again, and may be
 * others, are new objects.
 */
export function rememberSigningKeys(): DeriveSigningKey {
  const remembered = new WeakMap<Secret, { readonly scope: string; readonly key: KeyObject }>();
  return (secret, date, { region, service }) => {
    const scope = `${date}/${region}/${service}`;
    const last = remembered.get(secret);
    if (last?.scope === scope) return last.key;
    const key = deriveSigningKey(secret, date, { region, service });
    remembered.set(secret, { scope, key });
    return key;
  };
}
