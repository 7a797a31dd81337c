// A Debian root without systemd running that packages of a small tree are installed into, by chroot: fast, and nothing is started.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Arch } from '../../scripts/packaging/arch.ts';
import type { PackageInputs } from '../../scripts/packaging/os-packages/package-inputs.ts';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { makeReleaseTree, put, writeChecksums } from '../fixtures/release-tree.ts';
import { copyOfRoot } from './root.ts';

const COMMAND_DEADLINE_MS = 120_000;
/** Where the stand-ins note that they were called. */
const CALLS = '/calls';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const UNIT = 'cs-instance-watcher.service';
export const PACKAGED_PROGRAM = '/usr/sbin/cs-instance-watcher';

/**
 * Of systemd's: it writes down what it is asked, and says that every unit is enabled and starts the program it is told. What is
 * asked of the files alone is done.
 */
const SYSTEMCTL = `#!/bin/sh
echo "systemctl $*" >>${CALLS}
case $* in
  *--root=*) exec /usr/bin/systemctl "$@" ;;
  *is-enabled*) echo enabled ;;
  *--property=ExecStart*) cat /exec-start ;;
esac
`;
/** Of the agent: it writes down what it is asked. */
const AGENT = `#!/bin/sh
echo "cs-instance-watcher $*" >>${CALLS}
`;

export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PackageRoot {
  /** Runs a command inside; throws when it fails. */
  run(command: string, ...args: string[]): Said;
  /** Runs the host's rpm on the root, whose scripts it runs inside; throws when it fails. */
  rpm(...args: string[]): Said;
  /** Makes a package of a version, puts it into the root, and returns its path there. */
  packageOf(make: (inputs: PackageInputs) => string, version: string): string;
  /** From here on systemd seems to run, and its service to start this program, with options. Nothing but stand-ins is called. */
  bootWith(program: string, ...options: readonly string[]): void;
  /** What the scripts asked of the running systemd and of the agent, questions and repetitions left out, since the last time. */
  calls(): readonly string[];
  has(path: string): boolean;
  read(path: string): string;
  write(path: string, content: string, mode?: number): void;
  /** The paths of everything, without the package systems' own notes. */
  listing(): readonly string[];
  /** Takes away what the test has written. */
  reset(): void;
  close(): void;
}

/** A root of one's own. Needs root, as every chroot does. */
export async function packageRoot(): Promise<PackageRoot> {
  const copy = await copyOfRoot('bookworm');
  const trees = temporaryDirectory();
  const inside = (path: string): string => join(copy.path, path);
  const written = new Set(['/run/systemd']);
  const root: PackageRoot = {
    run: (command, ...args) => runOrThrow('chroot', [copy.path, command, ...args]),
    rpm: (...args) => {
      const seen = args.map((arg) => (arg.endsWith('.rpm') ? inside(arg) : arg));
      // rpm gives scripts a PATH of its own, on which the stand-ins are not.
      const path = ['--define', `_install_script_path ${PATH}`];
      return runOrThrow('rpm', ['--root', copy.path, ...path, ...seen]);
    },
    packageOf: (make, version) => {
      const tree = join(trees.path, version);
      if (!existsSync(tree)) {
        mkdirSync(tree);
        makeReleaseTree(tree);
        put(tree, 'VERSION', `${version}\n`, 0o644);
        put(tree, 'bin/cs-instance-watcher', AGENT, 0o755);
        writeChecksums(tree);
      }
      const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x64';
      const made = make({ tree, arch, version, epochSeconds: 1_700_000_000, outDir: trees.path });
      copyFileSync(made, inside(basename(made)));
      return `/${basename(made)}`;
    },
    bootWith: (program, ...options) => {
      mkdirSync(inside('run/systemd/system'), { recursive: true });
      root.write('/usr/local/sbin/systemctl', SYSTEMCTL, 0o755);
      const command = [program, ...options].join(' ');
      root.write('/exec-start', `ExecStart={ path=${program} ; argv[]=${command} ; ignore_errors=no }\n`);
    },
    calls: () => {
      if (!existsSync(inside(CALLS))) return [];
      const lines = readFileSync(inside(CALLS), 'utf8').trim().split('\n');
      rmSync(inside(CALLS));
      return lines
        .filter((line) => !/is-enabled|is-active| show |--root=/.test(line))
        .map((line) => line.replace(/ --(?:system|quiet)\b/g, ''))
        .filter((line, index, all) => line !== all[index - 1]);
    },
    has: (path) => existsSync(inside(path)),
    read: (path) => readFileSync(inside(path), 'utf8'),
    write: (path, content, mode = 0o644) => {
      mkdirSync(dirname(inside(path)), { recursive: true });
      writeFileSync(inside(path), content);
      chmodSync(inside(path), mode);
      written.add(path);
    },
    listing: () =>
      root
        .run('find', '/', '-xdev', '-mindepth', '1')
        .stdout.trimEnd()
        .split('\n')
        .filter((path) => !/^\/var\/(?:lib\/(?:dpkg|rpm)|log)\/|^\/[^/]*\.(?:deb|rpm)$/.test(path))
        .sort(),
    reset: () => {
      for (const path of [CALLS, ...written]) rmSync(inside(path), { recursive: true, force: true });
    },
    close: () => {
      trees.close();
      copy.close();
    },
  };
  return root;
}

function runOrThrow(command: string, args: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { PATH, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    timeout: COMMAND_DEADLINE_MS,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  return { status, stdout, stderr };
}
