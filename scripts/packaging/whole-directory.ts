// A directory of things fetched: it appears whole or not at all, whatever ends the fetching.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Makes `directory`, which must not be there: `make` works in a directory of its own beside it, given as an absolute path, and
 * answers which part of that is to have the name. Throws what `make` throws; nothing is left then.
 */
export function makeWhole(directory: string, make: (work: string) => string): void {
  const parent = dirname(resolve(directory));
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(join(parent, 'fetch-'));
  try {
    renameSync(make(work), directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
