// The pinned Node.js of either architecture, by its checksum: it comes from a registry, repackaged by somebody else.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from './arch.ts';
import { sha256 } from './gates/checksums.ts';
import { makeWhole } from './whole-directory.ts';

/** SHA-256 of `bin/node` in the npm packages `node-linux-ARCH` of the version that package.json pins. */
const CHECKSUMS: Readonly<Record<Arch, string>> = {
  x64: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
  arm64: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
};

export interface PinnedRuntime {
  readonly version: string;
  /** Path of the binary. */
  readonly binary: string;
  readonly licenceFile: string;
}

/**
 * The runtime for `arch`, fetched into `cache` when it is not there.
 * @throws Error that says what to do, when it cannot be fetched or is not the one that was pinned
 */
export function pinnedRuntime(arch: Arch, version: string, cache: string): PinnedRuntime {
  const directory = join(cache, `node-linux-${arch}-${version}`);
  if (!existsSync(directory)) fetchInto(directory, `node-linux-${arch}@${version}`);
  const binary = join(directory, 'bin/node');
  refuseOther(binary, CHECKSUMS[arch], directory);
  return { version, binary, licenceFile: join(directory, 'LICENSE') };
}

/** Whether a file is the runtime of that architecture: what is shipped is the one that was checked when it was fetched. */
export function isPinned(file: string, arch: Arch): boolean {
  return sha256Of(file) === CHECKSUMS[arch];
}

/** Throws when the file's SHA-256 is not `expected`; `directory` is what to remove then. */
export function refuseOther(file: string, expected: string, directory: string): void {
  const found = sha256Of(file);
  if (found === expected) return;
  throw new Error(
    `${file} is not the pinned Node.js: its SHA-256 is ${found}, not ${expected}; remove ${directory} and run again, or, if the pin in package.json was changed, change the checksums in scripts/packaging/runtime.ts`,
  );
}

function sha256Of(file: string): string {
  return sha256(readFileSync(file));
}

function fetchInto(directory: string, name: string): void {
  makeWhole(directory, (work) => {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', work, name], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const archive = readdirSync(work).find((entry) => entry.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm pack ${name} left no archive`);
    execFileSync('tar', ['-xzf', join(work, archive), '-C', work]);
    return join(work, 'package');
  });
}
