// Many writes in one transaction: what fails, fails alone; what has expired goes, a little at a time.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { connect, openMemoryDatabase } from '../../../../../src/interaction/server/store/sqlite-file.ts';
import { createReader } from '../../../../../src/interaction/server/store/sqlite-reads.ts';
import { addRowChecksum } from '../../../../../src/interaction/server/store/sqlite-checksum.ts';
import { createSchema } from '../../../../../src/interaction/server/store/sqlite-schema.ts';
import { createWriter, type Write } from '../../../../../src/interaction/server/store/sqlite-writes.ts';
import type { Change } from '../../../../../src/interaction/server/store/store.ts';

const directory = mkdtempSync(join(tmpdir(), 'cs-store-'));
after(() => rmSync(directory, { recursive: true }));

const nowS = 1_000;
const changes = (...made: Change[]): Write => ({ kind: 'changes', table: 'state', changes: made });
const put = (key: string, value = 'v'): Write => changes({ key, value });
const keysIn = (db: DatabaseSync): string[] =>
  createReader(db)
    .items('state', '', 0)
    .map(({ key }) => key);

describe('writes in one transaction', () => {
  it('have each its own outcome, in order', () => {
    const db = openMemoryDatabase();
    const expect = (expected: string | null, value: string): Write => ({
      kind: 'change-if',
      table: 'state',
      expected,
      change: { key: 'k', value },
    });
    const writes = [expect(null, '1'), expect(null, '2'), expect('1', '3'), expect('2', '4')];
    assert.deepEqual(
      createWriter(db)
        .commit(writes, nowS)
        .map((outcome) => 'isMade' in outcome && outcome.isMade),
      [true, false, true, false],
    );
    assert.equal(createReader(db).get('state', 'k', nowS)?.value, '3');
    db.close();
  });

  for (const place of ['memory', 'a file'] as const) {
    it(`go on without one that finds no room, in ${place}`, () => {
      const db = place === 'memory' ? openMemoryDatabase() : connect(join(directory, 'full.db'));
      if (place === 'a file') db.exec(createSchema);
      const writer = createWriter(db);
      db.exec('PRAGMA max_page_count = 40');
      const large = changes({ key: 'beside', value: 'v' }, { key: 'large', value: 'x'.repeat(1_000_000) });
      const outcomes = writer.commit([put('a'), large, put('b')], nowS);
      assert.deepEqual(outcomes, [{ isMade: true }, { error: 'database or disk is full' }, { isMade: true }]);
      assert.deepEqual(keysIn(db), ['a', 'b'], 'and nothing of it is there');
      assert.deepEqual(writer.commit([large], nowS), [{ error: 'database or disk is full' }]);
      db.exec('PRAGMA max_page_count = 10000');
      assert.deepEqual(writer.commit([large, put('c')], nowS), [{ isMade: true }, { isMade: true }]);
      assert.deepEqual(keysIn(db), ['a', 'b', 'beside', 'c', 'large']);
      db.close();
    });
  }

  it('all fail where nothing can be written, and can be read', () => {
    const path = join(directory, 'read-only.db');
    const writable = connect(path);
    writable.exec(createSchema);
    createWriter(writable).commit([put('a')], nowS);
    const db = new DatabaseSync(path, { readOnly: true });
    addRowChecksum(db);
    const outcomes = createWriter(db).commit([put('b'), put('c')], nowS);
    const error = 'attempt to write a readonly database';
    assert.deepEqual(outcomes, [{ error }, { error }]);
    assert.deepEqual(keysIn(db), ['a']);
    db.close();
    writable.close();
  });

  it('wait in vain together for another program that keeps the database', () => {
    const path = join(directory, 'busy.db');
    const db = connect(path);
    db.exec(createSchema);
    db.exec('PRAGMA busy_timeout = 20');
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const writer = createWriter(db);
    const error = 'database is locked';
    assert.deepEqual(writer.commit([put('a'), put('b')], nowS), [{ error }, { error }]);
    other.exec('ROLLBACK');
    assert.deepEqual(writer.commit([put('a')], nowS), [{ isMade: true }]);
    other.close();
    db.close();
  });
});

describe('what has expired', () => {
  const rows = (db: DatabaseSync, table: 'item' | 'event'): number =>
    db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count as number;

  it('is deleted by later writes, a bounded number each', () => {
    const db = openMemoryDatabase();
    const writer = createWriter(db);
    const expiring = Array.from({ length: 250 }, (_, n) => ({ key: `k${n}`, value: 'v', expiresAtS: nowS }));
    const events = Array.from({ length: 150 }, (_, n): Write => {
      return { kind: 'add-event', event: { EventDate: `d${n}`, ExpirationTime: nowS } };
    });
    writer.commit([changes(...expiring), ...events, put('stays')], nowS - 1);
    writer.commit([changes({ key: 'later', value: 'v', expiresAtS: nowS + 1 })], nowS - 1);
    const left = [];
    for (let turn = 0; turn < 4; turn++) {
      left.push([rows(db, 'item'), rows(db, 'event')]);
      writer.commit([put('stays')], nowS);
    }
    assert.deepEqual(left, [
      [252, 150],
      [152, 50],
      [52, 0],
      [2, 0],
    ]);
    assert.deepEqual(keysIn(db), ['later', 'stays']);
    db.close();
  });
});
