// What scripts/package has made, which is what these tests install.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const PROJECT = resolve(import.meta.dirname, '../..');
const PACKAGE_DEADLINE_MS = 900_000;
// The sources as they are now, and what was installed and fetched for them.
const COPY_PROJECT = `
  tar -c --exclude=./node_modules --exclude=./build --exclude=./dist --exclude=./.git . | tar -x -C "$1"
  cp -al --parents -t "$1" node_modules build/cache`;

const run = promisify(execFile);

/** A version as it is released: directory holds the unpacked tree, the tarball and the packages. */
export interface Release {
  readonly version: string;
  readonly directory: string;
}

/** This version, for amd64. Fails when it was not packaged. */
export function thisRelease(): Release {
  const directory = join(PROJECT, 'build/package');
  if (!existsSync(join(directory, 'tree-x64/install.sh'))) {
    throw new Error(`${directory} holds no package: run scripts/package x64`);
  }
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
  return { version, directory };
}

/**
 * The next version, tree and .deb, from sources that are the same in every other way. Made in a copy of the project; kept until
 * this version is packaged anew.
 */
export async function nextRelease(): Promise<Release> {
  const { version, directory: current } = thisRelease();
  const madeFrom = readFileSync(join(current, 'tree-x64/SHA256SUMS'), 'utf8');
  const copy = join(PROJECT, 'build/packaging/next');
  const next: Release = { version: nextVersion(version), directory: join(copy, 'build/package') };
  const note = join(copy, 'build/made-from');
  if (existsSync(note) && readFileSync(note, 'utf8') === madeFrom) return next;
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  await run('sh', ['-ec', COPY_PROJECT, 'sh', copy], { cwd: PROJECT });
  const file = join(copy, 'package.json');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(`"version": "${version}"`, `"version": "${next.version}"`),
  );
  const program = join(copy, 'test/packaging/next-release-program.ts');
  const addon = join(current, 'tree-x64/native/addon.node');
  await run(process.execPath, [program, addon], { timeout: PACKAGE_DEADLINE_MS });
  writeFileSync(note, madeFrom);
  return next;
}

function nextVersion(version: string): string {
  const [, front, last] = /^(.*\.)(\d+)$/.exec(version) as unknown as [string, string, string];
  return `${front}${Number(last) + 1}`;
}

/** Where a guest sees this version and the next one. */
export const PACKAGE = '/srv/package';
export const NEXT_PACKAGE = '/srv/next-package';
/** The installer of the unpacked tarball. */
export const INSTALLER = `${PACKAGE}/tree-x64/install.sh`;
export const NEXT_INSTALLER = `${NEXT_PACKAGE}/tree-x64/install.sh`;
