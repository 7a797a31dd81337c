// Reads what is committed, on a connection of its own: a commit that waits for the disk holds no reader up.
import type { DatabaseSync } from 'node:sqlite';
import { type TableName, unexpired } from './sqlite-schema.ts';
import type { StoredEvent, StoredItem } from './store.ts';

export interface Reader {
  get(table: TableName, key: string, nowS: number): StoredItem | null;
  items(table: TableName, prefix: string, nowS: number): StoredItem[];
  events(nowS: number): StoredEvent[];
}

/** Reads by this connection. `nowS` is in epoch seconds. */
export function createReader(db: DatabaseSync): Reader {
  const columns = 'key, value, expires_at_s AS expiresAtS';
  const getItem = db.prepare(`SELECT ${columns} FROM item WHERE table_name = ? AND key = ? AND ${unexpired}`);
  // SQLite compares the bytes of UTF-8, which is the order of code points.
  const itemsFrom = db.prepare(
    `SELECT ${columns} FROM item WHERE table_name = ? AND key >= ? AND ${unexpired} ORDER BY key`,
  );
  const allEvents = db.prepare(`SELECT attributes FROM event WHERE ${unexpired} ORDER BY event_date`);

  return {
    get(table, key, nowS) {
      const row = getItem.get(table, key, nowS);
      return row === undefined ? null : toItem(row);
    },
    items(table, prefix, nowS) {
      const found: StoredItem[] = [];
      for (const row of itemsFrom.iterate(table, prefix, nowS)) {
        const item = toItem(row);
        // Those with the prefix stand together, from the prefix itself on.
        if (!item.key.startsWith(prefix)) break;
        found.push(item);
      }
      return found;
    },
    events(nowS) {
      return allEvents.all(nowS).map(({ attributes }) => JSON.parse(attributes as string) as StoredEvent);
    },
  };
}

function toItem(row: Record<string, unknown>): StoredItem {
  const { key, value, expiresAtS } = row as { key: string; value: string; expiresAtS: number | null };
  return expiresAtS === null ? { key, value } : { key, value, expiresAtS };
}
