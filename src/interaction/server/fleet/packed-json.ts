// JSON as CloneSquad keeps it in the State table: compressed and in base64, or plain. It reads both; so does this.
import { gunzipSync } from 'node:zlib';
import { StoreError, type StoredItem } from '../store/store.ts';

/** A hundred times the largest item of DynamoDB; more is no document of CloneSquad's. */
const maxDocumentBytes = 40 * 1024 * 1024;

/** What an item says, or null without an item. Throws StoreError, with the item's key, when it is not JSON in either form. */
export function unpackJson(item: StoredItem | null): unknown {
  if (item === null) return null;
  try {
    return JSON.parse(isPlain(item.value) ? item.value : unpack(item.value));
  } catch (error) {
    throw new StoreError(`item ${item.key} is not JSON, plain or compressed`, { cause: error });
  }
}

function isPlain(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

function unpack(text: string): string {
  // Early versions stored the printed form of Python's bytes.
  const base64 = /^b'(.*)'$/.exec(text)?.[1] ?? text;
  return gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: maxDocumentBytes }).toString('utf8');
}
