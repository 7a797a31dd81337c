// What lies among the scripts and cannot, or may not, be run.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Fault, Injected, State } from './fault.ts';
import type { HookWorld } from './hook-world.ts';

/** Nobody's in particular. */
export const STRANGER = 65_534;

/** Puts something at `path`, which leaves evidence if it ever runs; may return what ends it. */
type Put = (path: string, world: HookWorld) => unknown;

/** Among sound scripts, which run all the same. */
function beside(name: string, put: Put, more: Partial<Injected> = {}) {
  return (world: HookWorld, state: State): Injected => {
    const path = join(world.scripts(state), name);
    const clear = put(path, world);
    world.script(state, '20-sound', ':');
    return {
      broken: () => [
        ...(world.marks().some((mark) => mark.endsWith('/20-sound') && mark.includes(`/${state}/`))
          ? []
          : ['the sound script beside it did not run']),
        ...(existsSync(join(world.evidence, 'evil')) ? ['it ran'] : []),
      ],
      ...(typeof clear === 'function' ? { clear: () => clear() as unknown } : {}),
      ...more,
    };
  };
}

function evil(path: string, world: HookWorld, mode = 0o755): void {
  writeFileSync(path, `#!/bin/sh\ntouch ${world.evidence}/evil\n`);
  chmodSync(path, mode);
}

/** A script whose first line names this as its interpreter. */
function interpretedBy(interpreter: (world: HookWorld) => string): Put {
  return (path, world) => {
    writeFileSync(path, `#!${interpreter(world)}\ntouch ${world.evidence}/evil\n`, { mode: 0o755 });
  };
}

function written(world: HookWorld, name: string, text: string, mode: number): string {
  const path = join(world.evidence, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const NAME = '10-fault';
const NOT_RUN = (why: string): RegExp => new RegExp(`/${NAME}: not run: ${why}`);
const NOT_STARTED = (why: string): RegExp => new RegExp(`/${NAME}: could not be started${why}`);
const LEADS_THROUGH = (why: string): RegExp => new RegExp(`not run: ${why}`);

const FILES: readonly (readonly [name: string, put: Put, told: RegExp])[] = [
  ['no exec bit', (path, world) => evil(path, world, 0o644), NOT_RUN('is not executable; chmod \\+x')],
  [
    'world-writable',
    (path, world) => evil(path, world, 0o757),
    NOT_RUN('is writable by others.*; chmod go-w'),
  ],
  [
    'owned by another user',
    (path, world) => {
      evil(path, world);
      chownSync(path, STRANGER, STRANGER);
    },
    NOT_RUN(`is owned by uid ${STRANGER}.*; chown 0`),
  ],
  ['dangling symlink', (path) => symlinkSync('/nowhere/at/all', path), NOT_RUN('leads to nothing')],
  ['symlink to itself', (path) => symlinkSync(NAME, path), NOT_RUN('cannot be opened \\(ELOOP\\)')],
  [
    "symlink out of the directory, to a stranger's script",
    (path, world) => {
      const target = join(world.evidence, 'strange');
      evil(target, world);
      chownSync(target, STRANGER, STRANGER);
      symlinkSync(target, path);
    },
    LEADS_THROUGH(`is owned by uid ${STRANGER}`),
  ],
  [
    'symlink out of the directory, into one that all may write to',
    (path, world) => {
      mkdirSync(join(world.evidence, 'open'));
      evil(join(world.evidence, 'open/strange'), world);
      chmodSync(join(world.evidence, 'open'), 0o777);
      symlinkSync(join(world.evidence, 'open/strange'), path);
    },
    LEADS_THROUGH('is writable by others'),
  ],
  [
    'fifo as a script',
    (path) => void execFileSync('mkfifo', ['-m', '755', path]),
    NOT_RUN('is not a regular'),
  ],
  [
    'device as a script',
    (path) => void execFileSync('mknod', ['-m', '755', path, 'c', '1', '5']),
    NOT_RUN('is not a regular'),
  ],
  ['directory as a script', (path) => mkdirSync(path, { mode: 0o755 }), NOT_RUN('is not a regular')],
  [
    'socket as a script',
    (path) => {
      const server = createServer().listen(path, () => chmodSync(path, 0o755));
      return () => server.close();
    },
    NOT_RUN('is '),
  ],
  ['interpreter missing', interpretedBy(() => '/nowhere/sh'), NOT_STARTED(': .*interpreter')],
  [
    'interpreter is no program',
    interpretedBy((world) => written(world, 'text', 'words\n', 0o755)),
    NOT_RUN('its interpreter .* is no program'),
  ],
  [
    'interpreter is not executable',
    interpretedBy((world) => written(world, 'sh', '#!/bin/sh\n', 0o644)),
    NOT_STARTED(' \\(EACCES\\)'),
  ],
  ['interpreter is a directory', interpretedBy(({ evidence }) => evidence), NOT_STARTED(' \\(EACCES\\)')],
  [
    'interpreter is a fifo',
    interpretedBy(({ evidence }) => {
      execFileSync('mkfifo', ['-m', '755', join(evidence, 'fifo')]);
      return join(evidence, 'fifo');
    }),
    NOT_STARTED(' \\(EACCES\\)'),
  ],
  [
    'interpreter is the script itself',
    (path) => void writeFileSync(path, `#!${path}\n`, { mode: 0o755 }),
    new RegExp(`/${NAME}: `),
  ],
  [
    'program cut off after its first bytes',
    (path) => void writeFileSync(path, '\x7fELF', { mode: 0o755 }),
    new RegExp(`/${NAME}: `),
  ],
  [
    'program that is being written to',
    (path) => {
      copyFileSync('/bin/true', path);
      chmodSync(path, 0o755);
      const file = openSync(path, 'r+');
      return () => closeSync(file);
    },
    NOT_STARTED(' \\(ETXTBSY\\)'),
  ],
];

/** A whole state's directory that may not be looked into. */
const DIRECTORIES: readonly (readonly [name: string, put: Put, told: RegExp])[] = [
  [
    "a state's directory that all may write to",
    (path) => chmodSync(join(path, '..'), 0o777),
    LEADS_THROUGH('is writable by others'),
  ],
  [
    "a state's directory of another user",
    (path) => chownSync(join(path, '..'), STRANGER, STRANGER),
    LEADS_THROUGH(`is owned by uid ${STRANGER}`),
  ],
];

export const REFUSED_FAULTS: readonly Fault[] = [
  ...FILES.map(([name, put, told]) => ({ name, inject: beside(NAME, put), told: [told] })),
  ...DIRECTORIES.map(([name, put, told]) => ({
    name,
    inject(world: HookWorld, state: State) {
      const path = join(world.scripts(state), NAME);
      evil(path, world);
      put(path, world);
      return { broken: () => (existsSync(join(world.evidence, 'evil')) ? ['it ran'] : []) };
    },
    told: [told],
  })),
  {
    name: 'name with a newline, an escape and a shell command',
    inject: beside('10-\n{"level":"error"}\x1b[2J$(reboot)`id`; id', (path, world) =>
      evil(path, world, 0o644),
    ),
    told: [/not run: is not executable; chmod \+x \$'/],
  },
  {
    name: 'name that is not UTF-8',
    inject: beside(NAME, (path) => {
      writeFileSync(Buffer.concat([Buffer.from(path), Buffer.of(0xff, 0xfe)]), '', { mode: 0o755 });
    }),
    told: [/not run: has a name that is not UTF-8/],
  },
];
