// What lies in a tree, by path relative to it. A tree has no links: where install.sh puts it, they could lead anywhere.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Entry {
  /** Relative to the tree, with `/`. */
  readonly path: string;
  /** A link, a device and the like are `other`. */
  readonly kind: 'directory' | 'file' | 'other';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
}

/** Every entry below a directory, the directory itself left out, in the order of the names. Throws when one cannot be read. */
export function entriesOf(tree: string): readonly Entry[] {
  return entriesBelow(tree, '');
}

/** The one at `path`, `.` for the directory itself. Throws when it cannot be read. */
export function entryAt(tree: string, path: string): Entry {
  const stats = lstatSync(join(tree, path));
  const kind = stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other';
  return { path, kind, mode: stats.mode & 0o7777 };
}

/** readdir's own recursion would follow links, out of the tree. */
function entriesBelow(tree: string, directory: string): Entry[] {
  return readdirSync(join(tree, directory))
    .sort()
    .flatMap((name) => {
      const entry = entryAt(tree, join(directory, name));
      return [entry, ...(entry.kind === 'directory' ? entriesBelow(tree, entry.path) : [])];
    });
}
