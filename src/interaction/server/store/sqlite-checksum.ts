// Tells a row as it was written from one that the disk has changed since: SQLite checks how its pages hang together, not what
// is in them.
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { eventChecksum, itemChecksum } from './sqlite-schema.ts';

/** Gives the connection the function `row_checksum`, which rows are written and checked with. */
export function addRowChecksum(db: DatabaseSync): void {
  db.function('row_checksum', { deterministic: true, varargs: true }, (...fields) =>
    crc32(JSON.stringify(fields)),
  );
}

/** How many rows are not what was written. */
export function countChangedRows(db: DatabaseSync): number {
  const counts = db.prepare(
    `SELECT (SELECT count(*) FROM item WHERE checksum IS NOT ${itemChecksum}) +
            (SELECT count(*) FROM event WHERE checksum IS NOT ${eventChecksum}) AS count`,
  );
  return (counts.get() as { count: number }).count;
}
