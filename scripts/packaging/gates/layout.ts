// The shape of a tree: what must be in it, what may be, and with which modes. A stray file is as wrong as a missing one.
import { posix } from 'node:path';
import type { Entry } from './entries.ts';

/** Each has its V8 code cache beside it; `start` runs them from it. */
const PROGRAMS = ['cs-instance-watcher', 'cs-interact'];
const LIBRARY = [
  ...PROGRAMS.flatMap((name) => [`lib/${name}.cache`, `lib/${name}.cjs`]),
  'lib/sdk-program.cjs',
  'lib/sqlite-writer-program.cjs',
  'lib/start.cjs',
];

const REQUIRED_FILES = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SHA256SUMS',
  'VERSION',
  'bin/cs-instance-watcher',
  'bin/cs-interact',
  'install.sh',
  ...LIBRARY,
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
const CLOSED_DIRECTORIES = ['.', 'bin', 'lib', 'native', 'runtime', 'share/config', 'share/modules-load.d'];
const OPEN_DIRECTORIES = ['bin', 'docs', 'lib', 'native', 'runtime', 'scripts', 'share'];
/**
 * What is copied whole from where people work. The tools that the documents are for leave files of theirs there: the state of
 * Terraform and the variables of Packer have secrets in them.
 */
const COPIED = /^(?:docs|scripts)\//;
const COPIED_FILE = /\.(?:cfg|conf|json|md|pkr\.hcl|service|sh|svg|tf|ya?ml)$/;
const LEFT_BY_TOOLS = /(?:^|\/)\.|\.auto\.|\.tfvars\.json$|\.tfstate/;

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
  if (!COPIED.test(path)) return true;
  return !LEFT_BY_TOOLS.test(path) && (kind === 'directory' || COPIED_FILE.test(path));
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
