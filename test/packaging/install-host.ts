// A host for install.sh: the directories it writes to are scratch ones, in namespaces of each run's own, and systemctl, where
// it is asked, is a recording stand-in. This host's own files, services and firewall are out of reach.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Below the host's directory, and put in the place of this host's. */
const DIRECTORIES = ['opt', 'usr/local', 'etc', 'run', 'var/lib'];
const RUN_DEADLINE_MS = 60_000;

/** One service, which is running when /run/service/active is there, in the version that file names. */
const SYSTEMCTL = `#!/bin/sh
printf '%s\\n' "systemctl $*" >>/run/calls
cd /run/service || exit 1
start() {
  version=$(cat /opt/cs-instance-watcher/current/VERSION 2>/dev/null) || version=python
  rm -f active failed
  if [ -e "never-ready-$version" ]; then echo >failed && exit 1; fi
  echo "$version" >active
  if [ -e "dies-$version" ]; then rm active; fi
}
case "$*" in
  is-active*) [ -e active ] ;;
  is-failed*) [ -e failed ] ;;
  'show -p Type'*) cat type ;;
  'show -p MainPID'*) cat pid ;;
  'show -p LoadState'*) echo loaded ;;
  'show -p ExecStart'*) cat exec-start ;;
  try-restart*) [ ! -e active ] || start ;;
  restart* | start*) start ;;
  stop*) rm -f active ;;
esac
`;

export interface Outcome {
  /** Null when it was killed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** `dash` unless told. */
  readonly shell?: readonly string[];
  /** Searched before every other directory of commands. */
  readonly commands?: string;
  /** Shell commands run in the namespace first, as root. */
  readonly prelude?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ScratchHost {
  readonly path: string;
  /** Where the stand-in of systemctl is. */
  readonly commands: string;
  run(installer: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** The stand-in's record; systemctl was asked these things, in this order. */
  calls(): string[];
  /** What the programs were asked. */
  asked(): string[];
  read(file: string): string;
  write(file: string, content: string): void;
  has(file: string): boolean;
  link(file: string): string;
}

/** A host in an empty directory. With `booted` it has systemd, and a service that does not run. */
export function scratchHost(path: string, { booted }: { readonly booted: boolean }): ScratchHost {
  const commands = join(path, 'commands');
  const made = [...DIRECTORIES, 'commands', 'run/service', ...(booted ? ['run/systemd/system'] : [])];
  for (const name of made) mkdirSync(join(path, name), { recursive: true });
  if (booted) writeFileSync(join(commands, 'systemctl'), SYSTEMCTL, { mode: 0o755 });
  const read = (file: string): string => readFileSync(join(path, file), 'utf8');
  const lines = (file: string): string[] =>
    existsSync(join(path, file))
      ? read(file)
          .split('\n')
          .filter((line) => line !== '')
      : [];
  const write = (file: string, content: string): void => writeFileSync(join(path, file), content);
  write('run/service/type', 'notify\n');
  write('run/service/pid', '0\n');
  write('run/service/exec-start', '');
  return {
    path,
    commands,
    run: (installer, args, options = {}) => runIn(path, commands, installer, args, options),
    calls: () => lines('run/calls'),
    asked: () => lines('run/asked'),
    read,
    write,
    has: (file) => lstatSync(join(path, file), { throwIfNoEntry: false }) !== undefined,
    link: (file) => readlinkSync(join(path, file)),
  };
}

async function runIn(
  path: string,
  own: string,
  installer: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Outcome> {
  const { shell = ['dash'], commands, prelude = ':', env = {} } = options;
  const enter = `for d in ${DIRECTORIES.join(' ')}; do mount --bind "$0/$d" "/$d" || exit 99; done; ${prelude}; exec "$@"`;
  const child = spawn(
    'unshare',
    ['-m', '-n', '--propagation', 'private', 'sh', '-c', enter, path, ...shell, installer, ...args],
    {
      // A group of its own: whoever kills the installer in the middle of a command means the command too.
      detached: true,
      env: { PATH: [commands, own, '/usr/bin:/bin'].filter(Boolean).join(':'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_DEADLINE_MS,
      killSignal: 'SIGKILL',
    },
  );
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { status: status as number | null, stdout, stderr };
}

/** Everything below a directory, a line each: path, mode, and what a link names or the sum of a file's content. */
export function listing(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below))
    .sort()
    .flatMap((entry) => {
      const name = join(below, entry);
      const path = join(directory, name);
      const found = lstatSync(path);
      if (found.isSymbolicLink()) return [`${name} -> ${readlinkSync(path)}`];
      const line = `${name} ${(found.mode & 0o7777).toString(8)} ${found.uid}:${found.gid}`;
      if (found.isDirectory()) return [line, ...listing(directory, name)];
      return [`${line} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`];
    });
}
