// Changes a key file that a server may be reading and other commands may be changing: whole, or not at all.
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkKeyFileMode } from './key-file-mode.ts';
import { parseKeyFile } from './parse-key-file.ts';

/** The file's content as JSON has it: members that nobody here knows of are none, or it could not be read. */
export interface KeyFileDocument {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  readonly queueSenders?: readonly string[];
}

/** Another command is changing the file, or was killed while it did. */
export class KeyFileLockedError extends Error {
  override readonly name = 'KeyFileLockedError';
}

const waitForOthersMs = 10_000;
const lookAgainMs = 20;

/** Reads the file; null when there is none. Throws KeyFileError, or the system's error. */
export async function readKeyFile(path: string): Promise<KeyFileDocument | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  parseKeyFile(path, text);
  return JSON.parse(text) as KeyFileDocument;
}

/**
 * Replaces the file, made with mode 0600 when there is none, by what `change` makes of it; on disk when this resolves.
 * A change that throws changes nothing. `onWarning` gets a line when others may read the file. Throws KeyFileError (a
 * file, before or after, that a server would not accept), KeyFileLockedError after ten seconds, or the system's error.
 */
export async function changeKeyFile(
  path: string,
  change: (document: KeyFileDocument) => KeyFileDocument,
  onWarning: (line: string) => void,
): Promise<void> {
  // A link to the file stays one.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.new`;
  const file = await openAlone(temporary);
  try {
    try {
      const before = await statIfThere(target);
      if (before !== null) checkKeyFileMode(path, before.mode, onWarning);
      const changed = change((await readKeyFile(target)) ?? { keys: [] });
      const text = `${JSON.stringify(changed, null, 2)}\n`;
      parseKeyFile(path, text);
      if (before !== null) await keepOwnerAndMode(file, before);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // The lock goes with the name.
    await rename(temporary, target);
  } catch (error) {
    // The first failure is the one to tell of.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncDirectoryOf(target);
}

/** The new file is the lock as well: only one can make it. */
async function openAlone(path: string): Promise<FileHandle> {
  const deadline = performance.now() + waitForOthersMs;
  for (;;) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (performance.now() >= deadline) {
        throw new KeyFileLockedError(
          `${path} has been there for ${waitForOthersMs / 1000} s: another command is changing the keys, or was killed while it did; in that case remove it`,
        );
      }
      await delay(lookAgainMs);
    }
  }
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A server that runs as another user than the one who changes its keys goes on being able to read them. */
async function keepOwnerAndMode(file: FileHandle, before: Stats): Promise<void> {
  const now = await file.stat();
  if (before.uid !== now.uid || before.gid !== now.gid) await file.chown(before.uid, before.gid);
  await file.chmod(before.mode & 0o7777);
}

async function syncDirectoryOf(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
