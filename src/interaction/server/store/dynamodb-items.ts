// The items of the tables, as CloneSquad writes them: `{Key, Value, ExpirationTime?}`, and events by their `EventDate`.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { StoreError, type StoredEvent, type StoredItem } from './store.ts';

export type Attributes = Record<string, AttributeValue>;

const maxKeyBytes = 2_048;
const maxItemBytes = 400 * 1_024;

/** The item to put; throws StoreError when it is larger than DynamoDB holds. */
export function toAttributes({ key, value, expiresAtS }: StoredItem): Attributes {
  const item: Attributes = { Key: { S: key }, Value: { S: value } };
  if (expiresAtS !== undefined) item.ExpirationTime = { N: String(expiresAtS) };
  checkSize(key, item);
  return item;
}

/** Null for an item without a key or a value, which CloneSquad passes over too. */
export function toStoredItem({ Key, Value, ExpirationTime }: Attributes): StoredItem | null {
  const [key, value] = [Key?.S, Value?.S];
  if (!key || !value) return null;
  // A fraction, which CloneSquad may have written, ends with the second that it falls into.
  return ExpirationTime?.N === undefined
    ? { key, value }
    : { key, value, expiresAtS: Math.ceil(Number(ExpirationTime.N)) };
}

/** Throws StoreError when it is larger than DynamoDB holds. */
export function toEventAttributes(event: StoredEvent): Attributes {
  const item: Attributes = {};
  for (const [name, value] of Object.entries(event)) {
    if (value !== undefined) item[name] = typeof value === 'number' ? { N: String(value) } : { S: value };
  }
  checkSize(event.EventDate, item);
  return item;
}

/** With the attributes that are texts or numbers. */
export function toStoredEvent(item: Attributes): StoredEvent {
  const event: Record<string, string | number> = {};
  for (const [name, { S, N }] of Object.entries(item)) {
    if (S !== undefined) event[name] = S;
    else if (N !== undefined) event[name] = Number(N);
  }
  const { ExpirationTime, ...others } = event;
  return {
    ...others,
    EventDate: String(event.EventDate),
    ...(typeof ExpirationTime === 'number' ? { ExpirationTime: Math.ceil(ExpirationTime) } : {}),
  };
}

/** By DynamoDB's own reckoning: the names and the texts in UTF-8, and a number at its largest. */
function checkSize(key: string, item: Attributes): void {
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes > maxKeyBytes) {
    throw new StoreError(`a key of ${keyBytes} bytes is larger than the ${maxKeyBytes} that DynamoDB holds`);
  }
  const sizes = Object.entries(item).map(
    ([name, { S }]) => Buffer.byteLength(name) + (S ? Buffer.byteLength(S) : 21),
  );
  const itemBytes = sizes.reduce((sum, bytes) => sum + bytes, 0);
  if (itemBytes > maxItemBytes) {
    throw new StoreError(
      `${JSON.stringify(key)}: an item of ${itemBytes} bytes is larger than the ${maxItemBytes} that DynamoDB holds`,
    );
  }
}
