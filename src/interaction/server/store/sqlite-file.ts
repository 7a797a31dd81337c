// Opens the database file of a group, or makes it, and refuses a file that is something else before it is touched.
import { open, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { addRowChecksum, countChangedRows } from './sqlite-checksum.ts';
import { damaged, explained, StoreFileError } from './sqlite-file-error.ts';
import { addChecksums, applicationId, createSchema, schemaVersion } from './sqlite-schema.ts';

/** For another program that holds the database, such as one that copies it. */
const busyTimeoutMs = 5_000;

/** A connection by which what is committed is on disk. Throws as SQLite does. */
export function connect(path: string): DatabaseSync {
  const db = openAsItIs(path);
  try {
    makeDurable(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** With the function that rows are written and checked by. */
function openAsItIs(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs });
  addRowChecksum(db);
  return db;
}

function makeDurable(db: DatabaseSync): void {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
}

/** A database of a new group that is forgotten when it is closed. */
export function openMemoryDatabase(): DatabaseSync {
  const db = openAsItIs(':memory:');
  db.exec(createSchema);
  return db;
}

/**
 * A connection to the group's database, which is made with mode 0600 if there is none. Throws StoreFileError; what the
 * system or SQLite says besides passes through.
 */
export async function openDatabaseFile(path: string, group: string): Promise<DatabaseSync> {
  await checkFileKind(path);
  let db: DatabaseSync | undefined;
  try {
    db = openAsItIs(path);
    const isNew = isEmpty(db);
    // Before it is changed in any way.
    if (!isNew) checkOwner(db, path);
    makeDurable(db);
    checkMode(db, path);
    if (isNew) initialise(db, group);
    else checkContent(db, path, group);
    return db;
  } catch (error) {
    db?.close();
    throw explained(path, error, busyTimeoutMs);
  }
}

/** Throws StoreFileError for a directory, a device or a pipe: nothing is to be made beside such a path. */
export async function checkIsFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) {
    throw new StoreFileError(`${path} is not a file: give the path of one`);
  }
}

/** By its first bytes, as SQLite would only say that it is none of its own. */
async function checkFileKind(path: string): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    const start = buffer.toString('latin1', 0, bytesRead);
    if (start === '' || start === 'SQLite format 3\0') return;
    if (start.trimStart().startsWith('{') && isFleetFile(await file.readFile('utf8'))) {
      throw new StoreFileError(
        `${path} is a fleet file of an earlier version: move it away, start the server, and load it with "cs-interact import"`,
      );
    }
  } finally {
    await file.close();
  }
  throw new StoreFileError(
    `${path} is not a database: give the path of one, or of a file that does not exist yet`,
  );
}

function isFleetFile(text: string): boolean {
  try {
    const { version, instances } = JSON.parse(text) as Record<string, unknown>;
    return version === 1 && Array.isArray(instances);
  } catch {
    return false;
  }
}

/** Filesystems without shared memory, such as those of a network, leave SQLite in another mode. */
function checkMode(db: DatabaseSync, path: string): void {
  const { journal_mode } = db.prepare('PRAGMA journal_mode').get() as { journal_mode: string };
  if (journal_mode === 'wal') return;
  throw new StoreFileError(
    `${path} is on a filesystem that SQLite's write-ahead log does not work on: give a path on a local disk`,
  );
}

function isEmpty(db: DatabaseSync): boolean {
  const { count } = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
  return count === 0 && numberOf(db, 'application_id') === 0 && numberOf(db, 'user_version') === 0;
}

function initialise(db: DatabaseSync, group: string): void {
  db.exec('BEGIN IMMEDIATE');
  db.exec(createSchema);
  db.prepare("INSERT INTO meta (name, value) VALUES ('group', ?)").run(group);
  db.exec('COMMIT');
}

function checkOwner(db: DatabaseSync, path: string): void {
  if (numberOf(db, 'application_id') !== applicationId) {
    throw new StoreFileError(`${path} is a database of another program: give another path`);
  }
  const version = numberOf(db, 'user_version');
  if (version > schemaVersion) {
    throw new StoreFileError(
      `${path} was written by a newer version of this program (schema ${version}, this one knows ${schemaVersion}): ` +
        'run that version, or give another path',
    );
  }
}

function checkContent(db: DatabaseSync, path: string, group: string): void {
  // Not the quick one: by an index that says otherwise than its table, rows would be purged that have not expired.
  const [finding] = db.prepare('PRAGMA integrity_check(1)').all();
  if (finding?.integrity_check !== 'ok') throw damaged(path, String(finding?.integrity_check));
  if (numberOf(db, 'user_version') < schemaVersion) db.exec(`BEGIN IMMEDIATE; ${addChecksums} COMMIT`);
  checkColumns(db, path);
  const changedRows = countChangedRows(db);
  if (changedRows > 0) throw damaged(path, `${changedRows} rows are not what was written`);
  const found = db.prepare("SELECT value FROM meta WHERE name = 'group'").get()?.value;
  if (found === group) return;
  throw new StoreFileError(
    `${path} holds group ${JSON.stringify(found)}, not ${JSON.stringify(group)}: give that group, or another path`,
  );
}

/** To SQLite a letter's case makes no difference; rows are read by the names as they are written. */
function checkColumns(db: DatabaseSync, path: string): void {
  const asMade = openMemoryDatabase();
  const columnsOf = (one: DatabaseSync, table: string) => {
    const columns = one.prepare(`SELECT * FROM ${table}`).columns();
    return columns.map(({ name }) => name).join();
  };
  const other = ['meta', 'item', 'event'].find((table) => columnsOf(db, table) !== columnsOf(asMade, table));
  asMade.close();
  if (other !== undefined) throw damaged(path, `the columns of ${other} are ${columnsOf(db, other)}`);
}

/** Of `application_id` and `user_version`, which are numbers in the file's header. */
function numberOf(db: DatabaseSync, pragma: 'application_id' | 'user_version'): number {
  return db.prepare(`PRAGMA ${pragma}`).get()?.[pragma] as number;
}
