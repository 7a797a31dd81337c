// Makes the directory that the operators' socket is in.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a directory that only its owner may enter, with its parents; one that is there is left as it is. Throws the system's error. */
export function makePrivateDirectory(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    // Not by mkdir's own recursion: Node's never ends where a parent exists and still says ENOENT, as below /proc.
    makePrivateDirectory(parent);
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
