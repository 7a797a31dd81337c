// Which files the store takes, and what it says of the others.
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { connect } from '../../../../../src/interaction/server/store/sqlite-file.ts';
import { StoreFileError } from '../../../../../src/interaction/server/store/sqlite-file-error.ts';
import { openSqliteStore } from '../../../../../src/interaction/server/store/sqlite-store.ts';
import { SocketInUseError } from '../../../../../src/interaction/server/unix-socket.ts';

const directory = mkdtempSync(join(tmpdir(), 'cs-store-'));
after(() => rmSync(directory, { recursive: true }));

let files = 0;
function newPath(): string {
  return join(directory, `store-${++files}.db`);
}

/** A file of group `web` with 200 items, its log moved into it. */
async function storeFile(): Promise<string> {
  const path = newPath();
  const store = await openSqliteStore({ path, group: 'web' });
  await store.state.write(Array.from({ length: 200 }, (_, n) => ({ key: `k${n}`, value: 'x'.repeat(500) })));
  await store.close();
  return path;
}

function execute(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

async function written(content: string | Buffer): Promise<string> {
  const path = newPath();
  writeFileSync(path, content);
  return path;
}

const fleetFile = JSON.stringify({ version: 1, group: 'web', instances: [{ id: 'i-0ab' }] }, null, 2);

const refused: Readonly<Record<string, readonly [() => Promise<string>, RegExp]>> = {
  "another group's": [
    async () => {
      const path = await storeFile();
      execute(path, `UPDATE meta SET value = 'other "group"' WHERE name = 'group'`);
      return path;
    },
    /holds group "other \\"group\\"", not "web": give that group, or another path$/,
  ],
  'a fleet file of the earlier version': [
    () => written(fleetFile),
    /is a fleet file of an earlier version: move it away, start the server, and load it with "cs-interact import"$/,
  ],
  'other JSON': [() => written('{"version": 2}'), /is not a database: give the path of one, or of a file/],
  'JSON cut short': [() => written(fleetFile.slice(0, 50)), /is not a database/],
  'some text': [() => written('k: v\n'), /is not a database/],
  'one byte': [() => written('\0'), /is not a database/],
  'a directory': [
    async () => {
      const path = newPath();
      mkdirSync(path);
      return path;
    },
    / is not a file: give the path of one$/,
  ],
  'a device': [async () => '/dev/null', /\/dev\/null is not a file: give the path of one$/],
  'a database of another program': [
    async () => {
      const path = newPath();
      execute(path, 'CREATE TABLE bookmarks (url TEXT)');
      return path;
    },
    /is a database of another program: give another path$/,
  ],
  'one of a newer version': [
    async () => {
      const path = await storeFile();
      execute(path, 'PRAGMA user_version = 7');
      return path;
    },
    /was written by a newer version of this program \(schema 7, this one knows 2\): run that version, or/,
  ],
  'one whose pages are garbage': [
    async () => {
      const content = readFileSync(await storeFile());
      content.fill(0xa5, 2 * 4096, 6 * 4096);
      return written(content);
    },
    /is damaged \(.+\): put back a copy of it, or move it away to begin anew$/,
  ],
  'one with a byte changed in a value': [
    async () => {
      const path = await storeFile();
      execute(path, "UPDATE item SET value = 'y' || substr(value, 2) WHERE key = 'k7'");
      return path;
    },
    /is damaged \(1 rows are not what was written\): put back a copy of it, or move it away to begin anew$/,
  ],
  'one with a byte changed in an event': [
    async () => {
      const path = newPath();
      const store = await openSqliteStore({ path, group: 'web' });
      await store.events.add({ EventDate: '2026-01-01', EventType: 'a-type' });
      await store.events.setAckDate('2026-01-01', '2026-01-02');
      await store.close();
      execute(path, "UPDATE event SET attributes = replace(attributes, 'a-type', 'b-type')");
      return path;
    },
    /is damaged \(1 rows are not what was written\)/,
  ],
  'one whose tables are others': [
    async () => {
      const path = await storeFile();
      execute(path, 'ALTER TABLE item RENAME COLUMN checksum TO chocksum');
      return path;
    },
    /is damaged \(the columns of item are .+,chocksum\): put back/,
  ],
  'one of version 1 that cannot be made one of this version': [
    async () => {
      const path = await storeFile();
      execute(path, 'ALTER TABLE item DROP COLUMN checksum; PRAGMA user_version = 1');
      return path;
    },
    /is damaged \(duplicate column name: checksum\): put back/,
  ],
  'one with a letter changed in the name of a column': [
    async () => {
      const content = readFileSync(await storeFile());
      content.write('Key TEXT', content.indexOf('key TEXT'));
      return written(content);
    },
    /is damaged \(the columns of item are table_name,Key,.+\): put back/,
  ],
  'one with a byte changed in an index, by which an item would be purged': [
    async () => {
      const path = newPath();
      const store = await openSqliteStore({ path, group: 'web' });
      const expiresAtS = 2_000_000_000;
      await store.state.write([{ key: 'later', value: 'v', expiresAtS }]);
      await store.close();
      const content = readFileSync(path);
      const expiry = Buffer.alloc(4);
      expiry.writeInt32BE(expiresAtS);
      const at = content.indexOf(Buffer.concat([expiry, Buffer.from('statelater')]));
      assert.notEqual(at, -1);
      content.writeInt8(1, at);
      return written(content);
    },
    /is damaged \(.+ item_expiry.*\): put back/,
  ],
  'one cut short': [
    async () => {
      const content = readFileSync(await storeFile());
      return written(content.subarray(0, 5 * 4096));
    },
    /is damaged \(.+\): put back/,
  ],
  'a header without a database': [
    () => written(Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4096, 0xff)])),
    /is damaged \(.+\): put back/,
  ],
};

describe('a file that is refused', () => {
  for (const [kind, [make, message]] of Object.entries(refused)) {
    it(kind, async () => {
      const path = await make();
      const isFile = statSync(path).isFile();
      const content = isFile ? readFileSync(path) : null;
      await assert.rejects(openSqliteStore({ path, group: 'web' }), (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.includes(path), 'names the file');
        assert.ok(!error.message.includes('\n'), 'is one line');
        if (isFile || path.startsWith('/dev')) assert.ok(error instanceof StoreFileError, error.stack);
        return true;
      });
      if (isFile) assert.deepEqual(readFileSync(path), content, 'is left as it was');
      await assert.rejects(openSqliteStore({ path, group: 'web' }), message, 'nothing of it stays locked');
    });
  }

  it('one in a directory that does not exist', async () => {
    const path = join(directory, 'missing', 'store.db');
    await assert.rejects(openSqliteStore({ path, group: 'web' }), { syscall: 'listen' });
  });
});

it('a file that another program keeps for itself is told of as that', { timeout: 60_000 }, async () => {
  const path = await storeFile();
  const other = new DatabaseSync(path);
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  await assert.rejects(openSqliteStore({ path, group: 'web' }), {
    name: 'StoreFileLockedError',
    message: `${path} is locked by another program, for more than 5 s: end that program, or give another path`,
  });
  other.close();
});

describe('a file that is taken', () => {
  // No kill shows the difference: only a power cut would.
  it('is waited for at each commit', async () => {
    const db = connect(await storeFile());
    assert.equal(db.prepare('PRAGMA synchronous').get()?.synchronous, 2);
    assert.equal(db.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
    db.close();
  });

  it('may be empty', async () => {
    const store = await openSqliteStore({ path: await written(''), group: 'web' });
    await store.close();
  });

  it('may have been left before it had a table', async () => {
    const path = newPath();
    execute(path, 'PRAGMA journal_mode = WAL; CREATE TABLE t (x); DROP TABLE t');
    const store = await openSqliteStore({ path, group: 'web' });
    await store.close();
  });

  it('may be of version 1, whose rows have no checksums', async () => {
    const path = await storeFile();
    execute(
      path,
      'ALTER TABLE item DROP COLUMN checksum; ALTER TABLE event DROP COLUMN checksum; PRAGMA user_version = 1',
    );
    for (const expected of [200, 201]) {
      const store = await openSqliteStore({ path, group: 'web' });
      assert.equal((await store.state.items()).length, expected);
      await store.state.write([{ key: 'new', value: 'v' }]);
      await store.close();
    }
  });

  it('is one whose events were acknowledged, and whose values were replaced', async () => {
    const path = await storeFile();
    for (const value of ['first', 'second']) {
      const store = await openSqliteStore({ path, group: 'web' });
      await store.state.write([{ key: 'k1', value, expiresAtS: 4_000_000_000 }]);
      await store.events.add({ EventDate: '2026-01-01' });
      assert.equal(await store.events.setAckDate('2026-01-01', value), true);
      await store.close();
    }
    const store = await openSqliteStore({ path, group: 'web' });
    assert.equal((await store.state.get('k1'))?.value, 'second');
    assert.equal((await store.events.events())[0]?.AckDate, 'second');
    await store.close();
  });

  it('is for its owner alone, with what stands beside it', async () => {
    const path = newPath();
    const previousUmask = process.umask(0);
    try {
      const store = await openSqliteStore({ path, group: 'web' });
      await store.state.write([{ key: 'k', value: 'v' }]);
      for (const suffix of ['', '-wal', '-shm', '.lock']) {
        assert.equal(statSync(`${path}${suffix}`).mode & 0o777, 0o600, suffix);
      }
      await store.close();
    } finally {
      process.umask(previousUmask);
    }
  });

  it('stands alone once it is closed', async () => {
    const path = await storeFile();
    for (const suffix of ['-wal', '-shm', '.lock']) {
      assert.equal(statSync(`${path}${suffix}`, { throwIfNoEntry: false }), undefined, suffix);
    }
  });

  it('is one server’s at a time, under whichever name', async () => {
    const path = await storeFile();
    const alias = newPath();
    symlinkSync(path, alias);
    const store = await openSqliteStore({ path, group: 'web' });
    for (const name of [path, alias]) {
      await assert.rejects(openSqliteStore({ path: name, group: 'web' }), SocketInUseError);
    }
    await store.state.write([{ key: 'k', value: 'v' }]);
    await store.close();
    const next = await openSqliteStore({ path: alias, group: 'web' });
    assert.equal((await next.state.get('k'))?.value, 'v');
    await next.close();
  });

  it('can be copied by another program meanwhile', async () => {
    const path = await storeFile();
    const store = await openSqliteStore({ path, group: 'web' });
    await store.state.write([{ key: 'last', value: 'v' }]);
    const copy = newPath();
    execute(path, `VACUUM INTO '${copy}'`);
    await store.close();
    const copied = await openSqliteStore({ path: copy, group: 'web' });
    assert.equal((await copied.state.items()).length, 201);
    await copied.close();
  });
});
