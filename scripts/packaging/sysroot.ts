// What the addon is compiled against: the C and C++ libraries of Debian 11, so that it needs nothing newer wherever it runs
// (a newer libstdc++'s headers alone would have it ask for that library), with today's kernel headers and netfilter libraries.
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { ARCH_NAMES, type Arch } from './arch.ts';
import { DebianArchive } from './debian-archive.ts';
import { sha256 } from './gates/checksums.ts';
import { makeWhole } from './whole-directory.ts';

/** Which packages of which suite, by name or NAME=VERSION. */
const RECIPE = {
  /** glibc 2.31 and the libstdc++ of GCC 10. */
  bullseye: ['libc6', 'libc6-dev', 'libgcc-s1', 'libstdc++6', 'libstdc++-10-dev'],
  bookworm: [
    ...['base-files', 'linux-libc-dev', 'libmnl-dev', 'libnftnl-dev'],
    // These two are shipped: by their versions, so that a release built again later has the same.
    ...['libmnl0=1.0.4-3', 'libnftnl11=1.2.4-2'],
  ],
} as const;
/** In it: the version of each package, by its name. */
const VERSIONS = 'versions.json';

/**
 * The directory that holds it, made when it is not there; it stays until somebody removes it. Another recipe is another directory.
 * @throws Error when apt cannot fetch a package
 */
export function sysroot(arch: Arch, cache: string): string {
  const recipe = sha256(Buffer.from(JSON.stringify(RECIPE))).slice(0, 8);
  const directory = join(cache, `sysroot-${arch}-${recipe}`);
  if (existsSync(directory)) return directory;
  try {
    makeWhole(directory, (work) => {
      const made = join(work, 'sysroot');
      const versions: Record<string, string> = {};
      for (const [suite, packages] of Object.entries(RECIPE)) {
        const archive = new DebianArchive(join(work, suite), ARCH_NAMES[arch].debian, suite);
        archive.fetch(...packages);
        Object.assign(versions, archive.unpackInto(made));
      }
      writeFileSync(join(made, VERSIONS), JSON.stringify(versions));
      keepLinksInside(made);
      return made;
    });
  } catch (error) {
    throw new Error(`no libraries to compile against: ${(error as Error).message.trim()}`, { cause: error });
  }
  return directory;
}

/** The version of a package that is in it. Throws when there is none of that name. */
export function versionInSysroot(directory: string, name: string): string {
  const versions = JSON.parse(readFileSync(join(directory, VERSIONS), 'utf8')) as Record<string, string>;
  const version = versions[name];
  if (version === undefined) throw new Error(`${directory} has no package ${name}`);
  return version;
}

/** A link that begins at / would lead to this machine's file. */
function keepLinksInside(root: string): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    const target = readlinkSync(link);
    if (!isAbsolute(target)) continue;
    rmSync(link);
    symlinkSync(relative(entry.parentPath, join(root, target)), link);
  }
}
