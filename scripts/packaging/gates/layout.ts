// The shape of a tree: what must be in it, what may be, and with which modes. A stray file is as wrong as a missing one.
import { posix } from 'node:path';
import type { Entry } from './entries.ts';

/** The bundles of `lib/`; each has its V8 code cache beside it, under a name that begins alike. */
const BUNDLES = ['cs-instance-watcher', 'cs-interact', 'sqlite-writer-program'];
/** Starts a bundle from its code cache. */
const LOADER = 'start';

const REQUIRED_FILES = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SHA256SUMS',
  'VERSION',
  'bin/cs-instance-watcher',
  'bin/cs-interact',
  'install.sh',
  ...BUNDLES.map((name) => `lib/${name}.cjs`),
  'native/addon.node',
  'native/libmnl.so.0',
  'native/libnftnl.so.11',
  'runtime/node',
  'share/bash-completion/completions/cs-instance-watcher',
  'share/bash-completion/completions/cs-interact',
  'share/config/cs-instance-watcher.json',
  'share/licenses/THIRD_PARTY_NOTICES',
  'share/licenses/node-LICENSE',
  'share/man/man1/cs-interact.1',
  'share/man/man8/cs-instance-watcher.8',
  'share/modules-load.d/cs-instance-watcher.conf',
  'share/sbom.spdx.json',
  'share/systemd/cs-instance-watcher.service',
  'share/systemd/locked-down.conf',
  'share/systemd/wait-for-drain.service',
];

/** Whatever else is in these was put there by mistake. */
const CLOSED_DIRECTORIES = ['.', 'bin', 'native', 'runtime', 'share/config', 'share/modules-load.d'];
const OPEN_DIRECTORIES = ['bin', 'docs', 'lib', 'native', 'runtime', 'scripts', 'share'];

const PROGRAM = /^(?:install\.sh|runtime\/node|bin\/[^/]+|scripts\/packer\/[^/]+\.sh)$/;

/** What is missing, and what does not belong. */
export function layoutProblems(entries: readonly Entry[]): readonly string[] {
  const files = new Set(entries.filter(({ kind }) => kind === 'file').map(({ path }) => path));
  const missing = REQUIRED_FILES.filter((path) => !files.has(path)).map((path) => `${path}: is missing`);
  return [
    ...missing,
    ...entries.filter((entry) => !isExpected(entry)).map(({ path }) => `${path}: does not belong here`),
  ];
}

function isExpected({ path, kind }: Entry): boolean {
  const directory = posix.dirname(path);
  if (kind === 'directory' && OPEN_DIRECTORIES.includes(path)) return true;
  if (CLOSED_DIRECTORIES.includes(directory)) return REQUIRED_FILES.includes(path);
  if (directory === 'lib')
    return [...BUNDLES, LOADER].some((name) => posix.basename(path).startsWith(`${name}.`));
  return true;
}

/** Modes other than 0755 for directories and programs and 0644 for the rest; links, devices and the like. */
export function modeProblems(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ path, kind, mode }) => {
    if (kind === 'other') return [`${path}: is neither a file nor a directory`];
    const wanted = kind === 'directory' || PROGRAM.test(path) ? 0o755 : 0o644;
    return mode === wanted ? [] : [`${path}: has mode ${octal(mode)}, not ${octal(wanted)}`];
  });
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
