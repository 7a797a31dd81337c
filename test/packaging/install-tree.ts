// A release tree that is installed in a moment: what install.sh looks at is there, the programs are stand-ins.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const PACKAGING = join(ROOT, 'scripts/packaging');

/** Writes down what it is asked. Does not take the word that `/etc/refused-by-VERSION` has, wherever its options come from. */
const PROGRAM = `#!/bin/sh
read -r version <"\${0%/*}/../VERSION"
printf '%s\\n' "$version $*" >>/run/asked
case $1 in
  cleanup)
    echo 'drain table removed'
    exit "$(cat /run/cleanup-status 2>/dev/null || echo 0)"
    ;;
  --print-config)
    env >/run/environment
    refused=$(cat "/etc/refused-by-$version" 2>/dev/null) || exit 0
    case "$* $CS_LOG_LEVEL $(cat /etc/cs-instance-watcher.json)" in
      *"$refused"*) echo "cs-instance-watcher: $refused is not an option" >&2 && exit 2 ;;
    esac
    ;;
esac
`;

export type Files = Readonly<Record<string, string | Buffer>>;

/** The files of a version by their paths. The runtime is a small program of this machine that takes any option. */
export function standIns(version: string): Files {
  return {
    VERSION: `${version}\n`,
    'install.sh': readFileSync(join(PACKAGING, 'install.sh')),
    'bin/cs-instance-watcher': PROGRAM,
    'bin/cs-interact': PROGRAM,
    'runtime/node': readFileSync('/bin/true'),
    'share/man/man8/cs-instance-watcher.8': `.TH ${version}\n`,
    'share/bash-completion/completions/cs-interact': `# ${version}\n`,
    'share/systemd/cs-instance-watcher.service': `# ${version}\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n`,
    'share/modules-load.d/cs-instance-watcher.conf': readFileSync(
      join(PACKAGING, 'files/cs-instance-watcher.conf'),
    ),
    'share/config/cs-instance-watcher.json': readFileSync(join(PACKAGING, 'files/cs-instance-watcher.json')),
  };
}

/** The built programs, in place of the stand-ins. */
export function builtPrograms(): Files {
  const dist = join(ROOT, 'dist');
  const names = ['bin', 'lib', 'native', 'runtime'].flatMap((directory) =>
    readdirSync(join(dist, directory)).map((name) => join(directory, name)),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dist, name))]));
}

/** Writes a tree and its SHA256SUMS; returns its directory. */
export function writeTree(directory: string, files: Files): string {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, /^(bin|runtime)\/|^install\.sh$/.test(name) ? 0o755 : 0o644);
  }
  writeFileSync(join(directory, 'SHA256SUMS'), sums(files));
  return directory;
}

/** `sha256sum`'s lines, sorted by path. */
function sums(files: Files): string {
  return Object.keys(files)
    .sort()
    .map((name) => `${createHash('sha256').update(files[name]!).digest('hex')}  ${name}\n`)
    .join('');
}
