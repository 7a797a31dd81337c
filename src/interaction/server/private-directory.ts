// Makes a directory that is for the owner alone: the one of the operators' socket, and those that are exported to.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory that only its owner may enter, with its parents; one that is there is left as it is. Gives back the
 * topmost one that was made, null when none had to be. Throws the system's error.
 */
export function makePrivateDirectory(path: string): string | null {
  try {
    return makeDirectory(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    // Not by mkdir's own recursion: Node's never ends where a parent exists and still says ENOENT, as below /proc.
    const firstMade = makePrivateDirectory(parent);
    const made = makeDirectory(path);
    return firstMade ?? made;
  }
}

/** Null when it is there already. */
function makeDirectory(path: string): string | null {
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(path).isDirectory()) return null;
    throw error;
  }
}
