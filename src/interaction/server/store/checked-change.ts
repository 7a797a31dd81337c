// What every store refuses, before anything is written: items that no reader could make sense of.
import { type Change, StoreError, type StoredEvent } from './store.ts';

/** The change as it is to be made; an empty value deletes. Throws StoreError for a key or an expiry that cannot be. */
export function checkedChange({ key, value, expiresAtS }: Change): Change {
  if (key === '') throw new StoreError('an item must have a key');
  checkExpiry(key, expiresAtS);
  return value === '' ? { key, value: null } : { key, value, expiresAtS };
}

/** Throws StoreError for a date or an expiry that cannot be. */
export function checkEvent({ EventDate, ExpirationTime }: StoredEvent): void {
  if (EventDate === '') throw new StoreError('an event must have a date');
  checkExpiry(EventDate, ExpirationTime);
}

/** A fraction in a DynamoDB table fails every function of CloneSquad that reads the table. */
function checkExpiry(key: string, expiresAtS: number | undefined): void {
  if (expiresAtS === undefined || Number.isSafeInteger(expiresAtS)) return;
  throw new StoreError(`${JSON.stringify(key)}: the expiry ${expiresAtS} is not a number of whole seconds`);
}
