// The libraries that programs of any architecture link to, as readelf tells it: ldd would have to run them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Paths of all the libraries that these files link to, directly or not, each from the first directory that has it.
 * @throws Error that names a library that none of the directories has
 */
export function linkedLibraries(files: readonly string[], directories: readonly string[]): string[] {
  const found = new Map<string, string>();
  const unread = [...files];
  for (let file = unread.pop(); file !== undefined; file = unread.pop()) {
    for (const name of neededBy(file)) {
      if (found.has(name)) continue;
      const path = directories.map((directory) => join(directory, name)).find(existsSync);
      if (path === undefined) {
        throw new Error(`${file} links to ${name}, which is not in ${directories.join(' or ')}`);
      }
      found.set(name, path);
      unread.push(path);
    }
  }
  return [...found.values()];
}

/** The path that a program has the kernel look for its loader at. */
export function loaderOf(program: string): string {
  const path = /Requesting program interpreter: (\/[^\]]+)\]/.exec(
    readelf(program, '--program-headers'),
  )?.[1];
  if (path === undefined) throw new Error(`${program} names no loader`);
  return path;
}

function neededBy(file: string): string[] {
  const lines = readelf(file, '--dynamic').matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g);
  return [...lines].map(([, name]) => name as string);
}

function readelf(file: string, part: string): string {
  return execFileSync('readelf', ['--wide', part, file], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
