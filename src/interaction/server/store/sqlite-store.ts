// The store in one SQLite file of this machine: what it acknowledged survives a kill and a power cut.
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { DatabaseSync } from 'node:sqlite';
import { listenOnUnixSocket } from '../unix-socket.ts';
import { checkEvent, checkedChange } from './checked-change.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { checkIsFile, openDatabaseFile, openMemoryDatabase } from './sqlite-file.ts';
import { createReader } from './sqlite-reads.ts';
import type { TableName } from './sqlite-schema.ts';
import { startWriterThread } from './sqlite-writer-thread.ts';
import { createWriter } from './sqlite-writes.ts';
import { type KeyValueTable, type Store, StoreError } from './store.ts';

export interface SqliteStoreOptions {
  /** `:memory:` for a store that is forgotten when it is closed. */
  readonly path: string;
  readonly group: string;
  readonly nowMs?: () => number;
}

/** The connection to read from, the one way to write, and what ends both. */
interface Database {
  readonly reading: DatabaseSync;
  readonly writing: GroupCommit;
  close(): Promise<void>;
}

/**
 * Opens the group's file or makes it. Throws StoreFileError when the file is something else, SocketInUseError when
 * another server has it open, StoreError; system errors pass through.
 */
export async function openSqliteStore({ path, group, nowMs = Date.now }: SqliteStoreOptions): Promise<Store> {
  const nowS = () => Math.floor(nowMs() / 1000);
  const database = path === ':memory:' ? openMemory(nowS) : await openFile(path, group, nowS);
  const reader = createReader(database.reading);
  const { commit } = database.writing;

  const table = (name: TableName): KeyValueTable => ({
    get: async (key) => readFrom(path, () => reader.get(name, key, nowS())),
    items: async (prefix = '') => readFrom(path, () => reader.items(name, prefix, nowS())),
    write: async (changes) => {
      if (changes.length === 0) return;
      await commit({ kind: 'changes', table: name, changes: changes.map(checkedChange) });
    },
    writeIf: async (expected, change) =>
      commit({ kind: 'change-if', table: name, expected, change: checkedChange(change) }),
  });

  return {
    configuration: table('configuration'),
    scheduler: table('scheduler'),
    state: table('state'),
    inventory: table('inventory'),
    events: {
      events: async () => readFrom(path, () => reader.events(nowS())),
      add: async (event) => {
        checkEvent(event);
        return commit({ kind: 'add-event', event });
      },
      remove: async (eventDate) => void (await commit({ kind: 'remove-event', eventDate })),
      setAckDate: (eventDate, ackDate) => commit({ kind: 'set-ack-date', eventDate, ackDate }),
    },
    close: database.close,
  };
}

function readFrom<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StoreError(`the database ${path} could not be read: ${detail}`, { cause: error });
  }
}

function openMemory(nowS: () => number): Database {
  const db = openMemoryDatabase();
  const writer = createWriter(db);
  const writing = createGroupCommit(async (writes) => writer.commit(writes, nowS()));
  return {
    reading: db,
    writing,
    async close() {
      await writing.close();
      if (db.isOpen) db.close();
    },
  };
}

async function openFile(path: string, group: string, nowS: () => number): Promise<Database> {
  await checkIsFile(path);
  // Two names of one file are one store.
  const unlock = await lock(`${await realpath(path).catch(() => path)}.lock`);
  try {
    const reading = await openDatabaseFile(path, group);
    try {
      const thread = await startWriterThread(path);
      const writing = createGroupCommit((writes) => thread.commit(writes, nowS()));
      return {
        reading,
        writing,
        async close() {
          await writing.close();
          // Who closes it last moves the log into the database: the thread, that nobody waits for the disk.
          if (reading.isOpen) reading.close();
          await thread.close();
          await unlock();
        },
      };
    } catch (error) {
      reading.close();
      throw error;
    }
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** A listening socket is a lock that the kernel lets go of when the process dies, however it dies. */
async function lock(path: string): Promise<() => Promise<void>> {
  const server = createServer((connection) => connection.destroy());
  await listenOnUnixSocket(server, path);
  return () => new Promise((resolve) => server.close(() => resolve()));
}
