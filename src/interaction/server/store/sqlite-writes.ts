// Makes writes durable, many in one transaction: writers that come at the same time share one wait for the disk. Runs in
// the thread that owns the writing connection.
import type { DatabaseSync } from 'node:sqlite';
import { type TableName, unexpired } from './sqlite-schema.ts';
import type { Change, StoredEvent } from './store.ts';

/** What one caller asked for; made as a whole or not at all. Plain data, as it crosses to another thread. */
export type Write =
  | { readonly kind: 'changes'; readonly table: TableName; readonly changes: readonly Change[] }
  | {
      readonly kind: 'change-if';
      readonly table: TableName;
      readonly expected: string | null;
      readonly change: Change;
    }
  | { readonly kind: 'add-event'; readonly event: StoredEvent }
  | { readonly kind: 'remove-event'; readonly eventDate: string }
  | { readonly kind: 'set-ack-date'; readonly eventDate: string; readonly ackDate: string };

/** `isMade` is false when the write's condition did not hold. */
export type Outcome = { readonly isMade: boolean } | { readonly error: string };

export interface Writer {
  /** The outcome of each, in their order, once they are on disk. Never throws: what failed is an outcome. */
  commit(writes: readonly Write[], nowS: number): readonly Outcome[];
}

/** Bounds what the purge adds to a transaction. */
const maxPurgedRows = 100;

/** Writes by this connection, which nobody else may write by. */
export function createWriter(db: DatabaseSync): Writer {
  const apply = createApply(db);
  const purge = createPurge(db);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollBack = db.prepare('ROLLBACK');

  const complete = (writes: readonly Write[], nowS: number): readonly Outcome[] => {
    try {
      const outcomes = writes.map((write) => ({ isMade: apply(write, nowS) }));
      purge(nowS);
      commit.run();
      return outcomes;
    } catch (error) {
      // SQLite ends the transaction itself after some failures, such as a full disk.
      if (db.isTransaction) rollBack.run();
      throw error;
    }
  };

  const commitAll = (writes: readonly Write[], nowS: number): readonly Outcome[] => {
    try {
      begin.run();
    } catch (error) {
      return writes.map(() => toOutcome(error));
    }
    try {
      return complete(writes, nowS);
    } catch (error) {
      if (writes.length === 1) return [toOutcome(error)];
      // One that cannot be made, for its size say, must not fail the others.
      return writes.flatMap((write) => commitAll([write], nowS));
    }
  };
  return { commit: commitAll };
}

function toOutcome(error: unknown): Outcome {
  return { error: error instanceof Error ? error.message : String(error) };
}

/** Makes one write within the transaction that is open. False when its condition does not hold. */
function createApply(db: DatabaseSync): (write: Write, nowS: number) => boolean {
  const putItem = db.prepare(
    `INSERT INTO item (table_name, key, value, expires_at_s, checksum)
     VALUES (?1, ?2, ?3, ?4, row_checksum(?1, ?2, ?3, ?4))
     ON CONFLICT DO UPDATE SET value = excluded.value, expires_at_s = excluded.expires_at_s,
       checksum = excluded.checksum`,
  );
  const deleteItem = db.prepare('DELETE FROM item WHERE table_name = ? AND key = ?');
  const readValue = db.prepare(`SELECT value FROM item WHERE table_name = ? AND key = ? AND ${unexpired}`);
  // An expired event of the date is none: it is replaced.
  const addEvent = db.prepare(
    `INSERT INTO event (event_date, attributes, expires_at_s, checksum)
     VALUES (?1, ?2, ?3, row_checksum(?1, ?2, ?3))
     ON CONFLICT DO UPDATE SET attributes = excluded.attributes, expires_at_s = excluded.expires_at_s,
       checksum = excluded.checksum
     WHERE NOT (event.expires_at_s IS NULL OR event.expires_at_s > ?4)`,
  );
  const removeEvent = db.prepare('DELETE FROM event WHERE event_date = ?');
  const setAckDate = db.prepare(
    `UPDATE event SET attributes = json_set(attributes, '$.AckDate', ?1),
       checksum = row_checksum(event_date, json_set(attributes, '$.AckDate', ?1), expires_at_s)
     WHERE event_date = ?2 AND ${unexpired}`,
  );

  const make = (table: TableName, { key, value, expiresAtS }: Change): void => {
    if (value === null) deleteItem.run(table, key);
    else putItem.run(table, key, value, expiresAtS ?? null);
  };

  return (write, nowS) => {
    switch (write.kind) {
      case 'changes':
        for (const change of write.changes) make(write.table, change);
        return true;
      case 'change-if': {
        const { table, expected, change } = write;
        const row = readValue.get(table, change.key, nowS);
        if ((row?.value ?? null) !== expected) return false;
        make(table, change);
        return true;
      }
      case 'add-event': {
        const { EventDate, ExpirationTime } = write.event;
        const attributes = JSON.stringify(write.event);
        return addEvent.run(EventDate, attributes, ExpirationTime ?? null, nowS).changes > 0;
      }
      case 'remove-event':
        removeEvent.run(write.eventDate);
        return true;
      case 'set-ack-date':
        return setAckDate.run(write.ackDate, write.eventDate, nowS).changes > 0;
    }
  };
}

/** Deletes some of what has expired; nobody sees it any more. */
function createPurge(db: DatabaseSync): (nowS: number) => void {
  const purgeItems = db.prepare(
    `DELETE FROM item WHERE (table_name, key) IN
       (SELECT table_name, key FROM item WHERE expires_at_s <= ? LIMIT ${maxPurgedRows})`,
  );
  const purgeEvents = db.prepare(
    `DELETE FROM event WHERE event_date IN
       (SELECT event_date FROM event WHERE expires_at_s <= ? LIMIT ${maxPurgedRows})`,
  );
  return (nowS) => {
    purgeItems.run(nowS);
    purgeEvents.run(nowS);
  };
}
