// The gates that a tree must pass before it is packed. They fail closed: what cannot be looked at is a problem.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from '../arch.ts';
import { CHECKSUM_FILE, checksumProblems, parseChecksums, sha256 } from './checksums.ts';
import { elfProblems } from './elf-rules.ts';
import { type Entry, entriesOf, entryAt } from './entries.ts';
import { pathsIn } from './forbidden-paths.ts';
import { layoutProblems, modeProblems } from './layout.ts';

/** Root's home, the same on every machine: it betrays nobody, and doctor and the documents speak of it. */
const EVERYBODYS_HOME = '/root';
/** An absolute path below the root: anything shorter would be found everywhere, or nowhere. */
const SEARCHABLE_PATH = /^\/[^/]+(?:\/[^/]+)*$/;

/**
 * What is wrong with a tree that is to be packed, one line each; empty when it is clean.
 * `forbiddenPaths` (the build's root, the home directory) are absolute, without a slash at the end, and in no file; `/root` alone
 * may be.
 */
export function checkTree(tree: string, arch: Arch, forbiddenPaths: readonly string[]): readonly string[] {
  const unsearchable = forbiddenPaths.filter((path) => !SEARCHABLE_PATH.test(path));
  if (unsearchable.length > 0) return unsearchable.map((path) => `'${path}' is no path to look for`);
  let itself: Entry;
  let entries: readonly Entry[];
  try {
    itself = entryAt(tree, '.');
    entries = entriesOf(tree);
  } catch (error) {
    return [`cannot be judged: ${(error as Error).message}`];
  }
  return [
    ...layoutProblems(entries),
    ...modeProblems([itself, ...entries]),
    ...contentProblems(
      tree,
      entries,
      arch,
      forbiddenPaths.filter((path) => path !== EVERYBODYS_HOME),
    ),
  ];
}

function contentProblems(
  tree: string,
  entries: readonly Entry[],
  arch: Arch,
  forbiddenPaths: readonly string[],
): readonly string[] {
  const problems: string[] = [];
  const sums = new Map<string, string>();
  let written: ReadonlyMap<string, string> = new Map();
  for (const { path } of entries.filter(({ kind }) => kind === 'file')) {
    const file = join(tree, path);
    try {
      const content = readFileSync(file);
      if (path === CHECKSUM_FILE) written = parseChecksums(content.toString('utf8'));
      else sums.set(path, sha256(content));
      problems.push(
        ...pathsIn(content, forbiddenPaths).map((found) => `${path}: has the path ${found} in it`),
      );
      problems.push(...elfProblems(file, path, arch));
    } catch (error) {
      problems.push(`${path}: cannot be judged: ${(error as Error).message}`);
    }
  }
  return [...problems, ...checksumProblems(written, sums)];
}
