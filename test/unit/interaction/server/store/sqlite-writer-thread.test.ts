// The thread that writes: what its callers hear when it cannot start or dies.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabaseFile } from '../../../../../src/interaction/server/store/sqlite-file.ts';
import { startWriterThread } from '../../../../../src/interaction/server/store/sqlite-writer-thread.ts';
import type { Write } from '../../../../../src/interaction/server/store/sqlite-writes.ts';
import { StoreError } from '../../../../../src/interaction/server/store/store.ts';

const directory = mkdtempSync(join(tmpdir(), 'cs-store-'));
after(() => rmSync(directory, { recursive: true }));
const write: Write = { kind: 'changes', table: 'state', changes: [{ key: 'k', value: 'v' }] };

describe('the writing thread', () => {
  it('commits, and ends when it is closed', async () => {
    const path = join(directory, 'store.db');
    const reading = await openDatabaseFile(path, 'web');
    const thread = await startWriterThread(path);
    assert.deepEqual(await thread.commit([write], 1), [{ isMade: true }]);
    const count = reading.prepare('SELECT count(*) AS count FROM item').get()?.count;
    assert.equal(count, 1, 'another connection sees it');
    reading.close();
    await thread.close();
  });

  it('does not start on what it cannot open', async () => {
    const path = join(directory, 'missing', 'store.db');
    await assert.rejects(startWriterThread(path), (error: Error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, /unable to open database file/);
      return true;
    });
  });

  it('fails the writes that wait when it dies, and those after', async () => {
    const path = join(directory, 'dying.db');
    (await openDatabaseFile(path, 'web')).close();
    const thread = await startWriterThread(path);
    const notWrites = null as never;
    const expected = {
      name: 'StoreError',
      message: /thread that writes the database has died .* restart the server/,
    };
    await assert.rejects(thread.commit(notWrites, 1), expected);
    await assert.rejects(thread.commit([write], 1), expected);
    await thread.close();
  });
});
