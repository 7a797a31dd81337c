// Files that are either the old content or the new one, whatever happens in between.
import {
  closeSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Replaces `path` with `content`: written beside it, flushed, renamed over it, the directory flushed.
 * Throws the file system's error; then the old content stands and nothing is left behind.
 * @param owner who is to have it where that is not root and root writes it
 */
export function writeFileAtomically(path: string, content: string, mode: number, owner?: Owner): void {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${process.pid}.new`);
  try {
    // Made anew: in a directory of another user, root must not write to where a link of that name leads.
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'wx', mode);
    try {
      if (owner !== undefined && owner.uid !== 0 && process.geteuid?.() === 0)
        fchownSync(file, owner.uid, owner.gid);
      // Not writeSync, which stops half-way without an error on a disk that is almost full.
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  flushDirectory(directory);
}

/** Makes a directory that only its owner reads, with its parents; one that is there is left as it is. Throws the file system's error. */
export function makePrivateDirectory(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Not by mkdir's own recursion: Node's never ends where a parent exists and still says ENOENT, as below /proc.
    if (dirname(path) === path) throw error;
    makePrivateDirectory(dirname(path));
    makeDirectory(path);
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

function flushDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
