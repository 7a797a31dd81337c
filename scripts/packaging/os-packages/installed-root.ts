// The files of an operating system's package as they are installed: the tree, and the links and copies that lead to it.
import { execFileSync } from 'node:child_process';
import { chmodSync, lutimesSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { entriesOf } from '../gates/entries.ts';
import { PACKAGE, type PackageInputs } from './package-inputs.ts';

export const CONFIGURATION = `/etc/${PACKAGE}.json`;
const TREE = `usr/lib/${PACKAGE}`;
const UNIT = `${PACKAGE}.service`;
const TARBALL_PROGRAM = `/opt/${PACKAGE}/current/bin/${PACKAGE}`;
const PACKAGED_PROGRAM = `/usr/sbin/${PACKAGE}`;

/** From an installed path to where its link points. */
const LINKS: Readonly<Record<string, string>> = {
  [`usr/sbin/${PACKAGE}`]: `../lib/${PACKAGE}/bin/${PACKAGE}`,
  'usr/bin/cs-interact': `../lib/${PACKAGE}/bin/cs-interact`,
  [`usr/share/doc/${PACKAGE}/README.md`]: `../../../lib/${PACKAGE}/README.md`,
  [`usr/share/doc/${PACKAGE}/docs`]: `../../../lib/${PACKAGE}/docs`,
};

/** From an installed path to its original in the tree. */
const COPIES: Readonly<Record<string, string>> = {
  [CONFIGURATION.slice(1)]: `share/config/${PACKAGE}.json`,
  [`usr/lib/modules-load.d/${PACKAGE}.conf`]: `share/modules-load.d/${PACKAGE}.conf`,
  [`usr/share/bash-completion/completions/${PACKAGE}`]: `share/bash-completion/completions/${PACKAGE}`,
  'usr/share/bash-completion/completions/cs-interact': 'share/bash-completion/completions/cs-interact',
};
const MAN_PAGES = [`man8/${PACKAGE}.8`, 'man1/cs-interact.1'];

/**
 * Lays the files out in a directory that is not there yet. `unitDirectory` is where the system keeps packaged units, from the
 * root. Modes do not depend on the umask; times are set by `setTimes` when all else is there.
 */
export function makeInstalledRoot({ tree }: PackageInputs, root: string, unitDirectory: string): void {
  const put = (path: string, content: string | Buffer): void => putFile(root, path, content);
  makeDirectory(root, TREE);
  execFileSync('cp', ['--archive', '--reflink=auto', `${tree}/.`, join(root, TREE)]);
  for (const [path, original] of Object.entries(COPIES)) put(path, readFileSync(join(tree, original)));
  for (const page of MAN_PAGES)
    put(`usr/share/man/${page}.gz`, compressed(readFileSync(join(tree, 'share/man', page))));
  put(`${unitDirectory}/${UNIT}`, packagedUnit(readFileSync(join(tree, 'share/systemd', UNIT), 'utf8')));
  // Empty: the first state that an operator has scripts for.
  makeDirectory(root, `etc/${PACKAGE}.d/draining`);
  for (const [path, target] of Object.entries(LINKS)) {
    makeDirectory(root, dirname(path));
    symlinkSync(target, join(root, path));
  }
}

/** Dates every entry, links too. */
export function setTimes(root: string, epochSeconds: number): void {
  for (const path of ['', ...entriesOf(root).map(({ path }) => path)])
    lutimesSync(join(root, path), epochSeconds, epochSeconds);
}

/** Writes a file, and makes the directories that lead to it. */
export function putFile(root: string, path: string, content: string | Buffer, mode = 0o644): void {
  makeDirectory(root, dirname(path));
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
}

/** As gzip does with its options `-9 -n`: neither name nor time in it. */
export function compressed(content: string | Buffer): Buffer {
  return gzipSync(content, { level: 9 });
}

/** The tarball's unit, which starts the package's program instead. Throws when it starts anything else. */
export function packagedUnit(text: string): string {
  const commands = text.match(/^ExecStart=.*$/gm) ?? [];
  if (commands.length !== 1 || commands[0] !== `ExecStart=${TARBALL_PROGRAM}`)
    throw new Error(`the unit has no one line ExecStart=${TARBALL_PROGRAM}`);
  const packaged = text.replace(commands[0], `ExecStart=${PACKAGED_PROGRAM}`);
  if (packaged.includes(`/opt/${PACKAGE}`)) throw new Error('the unit names files of the tarball');
  return packaged;
}

/** Makes it and all that lead to it, from the root on, whose mode is the one that / gets. */
function makeDirectory(root: string, path: string): void {
  const names = path.split('/');
  for (let depth = 0; depth <= names.length; depth += 1) {
    const directory = join(root, ...names.slice(0, depth));
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o755);
  }
}
