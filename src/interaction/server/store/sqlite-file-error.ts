// Why a database file cannot be used, in words that say what to do where SQLite's own do not.
import { StoreError } from './store.ts';

/** The file is not a database of this group that can be used. The message names the file, says what it is and what to do. */
export class StoreFileError extends Error {
  override readonly name = 'StoreFileError';
}

/** Another program, which is no server of this kind, keeps the database for itself. The message says what to do. */
export class StoreFileLockedError extends Error {
  override readonly name = 'StoreFileLockedError';
}

/** What SQLite does not understand: of our own statements, on a schema that is no longer ours. */
const sqliteError = 1;
const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteNotADatabase = 26;
/** The log's index, which is memory that is shared, cannot grow: the system then says no more than I/O error. */
const noRoomForIndex = 4874;

/** SQLite's error as one of ours; one that tells enough by itself, or is none of SQLite's, as it is. */
export function explained(path: string, error: unknown, busyTimeoutMs: number): unknown {
  const { errcode, message } = error as { errcode?: number; message: string };
  if (errcode === undefined) return error;
  // The low byte is the result; the rest says more about it.
  const result = errcode & 0xff;
  if (result === sqliteBusy) {
    return new StoreFileLockedError(
      `${path} is locked by another program, for more than ${busyTimeoutMs / 1000} s: end that program, or give another path`,
      { cause: error },
    );
  }
  if (result === sqliteFull || errcode === noRoomForIndex) {
    return new StoreError(`${path}: the disk is full: make room, or give a path on another`, {
      cause: error,
    });
  }
  const isDamage = [sqliteError, sqliteCorrupt, sqliteNotADatabase].includes(result);
  return isDamage ? damaged(path, message, error) : error;
}

export function damaged(path: string, detail: string, cause?: unknown): StoreFileError {
  const finding = detail.replaceAll(/\s+/g, ' ');
  return new StoreFileError(
    `${path} is damaged (${finding}): put back a copy of it, or move it away to begin anew`,
    { cause },
  );
}
