// By which path a service is to start the program, so that it starts the next version once this one has been replaced.
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** What Linux follows in one path. */
const MAX_LINKS = 40;

/**
 * The path for a unit. An installation keeps its versions in directories side by side, and `current` beside them is a link to the
 * one in use. A path that leads through that link stays as it is; one that leads to the same program past it, straight into the
 * directory of the version, goes through it instead. Any other path stays as it is, a version's that is not current too.
 * @param program absolute
 */
export function lastingPath(program: string): string {
  try {
    const real = realpathSync(program);
    // <versions>/<version>/bin/<program>
    const version = dirname(dirname(real));
    const current = join(dirname(version), 'current');
    const isInUse = lstatSync(current).isSymbolicLink() && realpathSync(current) === version;
    if (!isInUse || leadsThrough(program, current)) return program;
    return join(current, relative(version, real));
  } catch {
    // No program, or no such installation.
    return program;
  }
}

/** Whether following the path, link after link, comes through `link`. Throws where a link leads nowhere. */
function leadsThrough(path: string, link: string): boolean {
  let seen = resolve(path);
  for (let followed = 0; followed < MAX_LINKS; followed++) {
    if (seen.startsWith(`${link}${sep}`)) return true;
    const first = prefixes(seen).find((prefix) => lstatSync(prefix).isSymbolicLink());
    if (first === undefined) return false;
    seen = resolve(dirname(first), readlinkSync(first), relative(first, seen));
  }
  return false;
}

/** `/a`, `/a/b` and `/a/b/c` of `/a/b/c`. */
function prefixes(path: string): string[] {
  const names = path.split(sep).slice(1);
  return names.map((_, index) => sep + names.slice(0, index + 1).join(sep));
}
