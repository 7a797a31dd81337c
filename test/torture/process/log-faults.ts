// Faults of where the log goes: none is a reason to stop, to wait, or to leave a line in pieces.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { LastingFault, Ongoing } from './lasting-fault.ts';
import { ProcessWorld } from './process-world.ts';
import { SmallDisk } from './small-disk.ts';

/** A log file that failed is opened again after ten seconds. */
const FILE_RETRIED_WITHIN_MS = 10_000 + 4_000;

/** A whole line to whoever reads it, and no more than a pipe takes at once. */
const PIPE_FILLER = `${JSON.stringify({ event: 'filler' }).padEnd(1023)}\n`;

const PAGE_BYTES = 4096;
const LEFT_BYTES = 40;

const linesIn = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function isWhole(line: string): boolean {
  try {
    return typeof (JSON.parse(line) as { event?: unknown }).event === 'string';
  } catch {
    return false;
  }
}

/** At most one was cut, where the room ended; none came to stand behind it on the same line. */
function brokenLines(text: string): string[] {
  const cut = linesIn(text).filter((line) => !isWhole(line));
  const glued = cut.filter((line) => line.slice(1).includes('{"level"'));
  return [
    ...(cut.length > 1 ? [`${cut.length} lines in pieces`] : []),
    ...glued.map((line) => `two lines in one: ${line}`),
  ];
}

/** Standard error goes to a file of the small disk at the directory `log`. */
function toFile(world: ProcessWorld, redirection: string) {
  return { options: { wrapper: ProcessWorld.shell(`exec "$@" 2>>${world.scene.path(redirection)}`) } };
}

function smallDisk(world: ProcessWorld): SmallDisk {
  const disk = SmallDisk.mount(world.scene.path('log'));
  world.after(() => disk.unmount());
  return disk;
}

/** Fills the disk of the log and frees it. */
function fill(world: ProcessWorld, disk: SmallDisk): Ongoing {
  disk.fill();
  const path = join(disk.path, 'watcher.log');
  // Room for less than a line is left in its last page, so that one is cut.
  appendFileSync(
    path,
    '\n'.repeat(Math.max(0, PAGE_BYTES - (statSync(path).size % PAGE_BYTES) - LEFT_BYTES)),
  );
  const read = () => readFileSync(path, 'utf8');
  const lines = () => linesIn(read()).length;
  let atHealing = 0;
  return {
    heal: () => {
      atHealing = lines();
      disk.free();
    },
    recovered: () => world.until('the log goes on in its file', () => lines() > atHealing + 1),
    broken: () => brokenLines(read()),
  };
}

function onSmallDisk(prepare: (world: ProcessWorld) => ReturnType<NonNullable<LastingFault['prepare']>>) {
  const disks = new WeakMap<ProcessWorld, SmallDisk>();
  return {
    prepare: (world: ProcessWorld) => {
      disks.set(world, smallDisk(world));
      return prepare(world);
    },
    inject: (world: ProcessWorld) => fill(world, disks.get(world) as SmallDisk),
  };
}

/** Standard error is a FIFO of which this process has the reading end, which it reads or not. */
function throughFifo(inject: (world: ProcessWorld, reader: FifoReader) => Ongoing) {
  const readers = new WeakMap<ProcessWorld, FifoReader>();
  return {
    prepare: (world: ProcessWorld) => {
      const path = world.scene.path('fifo');
      execFileSync('mkfifo', [path]);
      const reader = new FifoReader(path);
      readers.set(world, reader);
      world.after(() => reader.close());
      return toFile(world, 'fifo');
    },
    inject: (world: ProcessWorld) => inject(world, readers.get(world) as FifoReader),
  };
}

class FifoReader {
  readonly #path: string;
  #file: number | null;
  #text = '';

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** All that came so far. */
  read(): string {
    const chunk = Buffer.alloc(65_536);
    try {
      for (let count = -1; count !== 0 && this.#file !== null; ) {
        count = readSync(this.#file, chunk);
        this.#text += chunk.toString('utf8', 0, count);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return this.#text;
  }

  open(): void {
    this.#file ??= openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

/** Takes what is free in the pipe, so that the agent's next line finds none. */
function fillPipe(path: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(file, PIPE_FILLER);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  } finally {
    closeSync(file);
  }
}

/** The log goes on in a stream that is read again. */
function goesOn(world: ProcessWorld, text: () => string): Pick<Ongoing, 'recovered' | 'broken'> {
  let from = 0;
  return {
    recovered: () => {
      from = text().length;
      return world.until('the log goes on', () => linesIn(text().slice(from)).filter(isWhole).length > 1);
    },
    broken: () => brokenLines(text()),
  };
}

const READER_GONE: LastingFault = {
  name: 'log pipe whose reader is gone',
  ...throughFifo((world, reader) => {
    reader.read();
    reader.close();
    return { heal: () => reader.open(), ...goesOn(world, () => reader.read()) };
  }),
  told: [],
};

const READER_STOPPED: LastingFault = {
  name: 'log pipe that nobody reads is full',
  ...throughFifo((world, reader) => {
    fillPipe(world.scene.path('fifo'));
    return { heal: () => void reader.read(), ...goesOn(world, () => reader.read()) };
  }),
  told: [],
};

/** Becomes the agent with a socket of little room as its standard error, as the journal is one. */
const WITH_SOCKET = `
  use Socket; use IO::Socket::UNIX;
  my $socket = IO::Socket::UNIX->new(Peer => shift @ARGV) or die "connect: $!";
  setsockopt($socket, SOL_SOCKET, SO_SNDBUF, pack("i", 1)) or die "setsockopt: $!";
  open(STDERR, ">&", $socket) or die "dup: $!";
  exec @ARGV or die "exec: $!"`;

/** What a stopped journal is to the agent: a socket that takes some lines and then no more. */
function stoppedSocket(): Pick<LastingFault, 'prepare' | 'inject'> {
  const journals = new WeakMap<ProcessWorld, { stop(): void; resume(): void; text(): string }>();
  return {
    prepare: (world) => {
      const path = world.scene.path('journal');
      let text = '';
      let peer: Socket | undefined;
      const server = createServer((socket) => {
        peer = socket.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        socket.on('error', () => {});
      });
      server.listen(path);
      world.after(() => {
        peer?.destroy();
        server.close();
      });
      journals.set(world, {
        stop: () => peer?.pause(),
        resume: () => peer?.resume(),
        text: () => text,
      });
      return { options: { wrapper: ['perl', '-e', WITH_SOCKET, path] } };
    },
    inject: (world) => {
      const journal = journals.get(world)!;
      journal.stop();
      return { heal: () => journal.resume(), ...goesOn(world, journal.text) };
    },
  };
}

const LOG_FILE_ARGS = (world: ProcessWorld): readonly string[] => [
  '--log-file',
  join(world.scene.path('log'), 'watcher.log'),
];

/** The directory of `--log-file` goes, and comes back. */
const DIRECTORY_REMOVED: LastingFault = {
  name: 'log directory removed',
  prepare: (world) => {
    mkdirSync(world.scene.path('log'));
    return { args: LOG_FILE_ARGS(world) };
  },
  inject: (world) => {
    const directory = world.scene.path('log');
    const file = join(directory, 'watcher.log');
    rmSync(directory, { recursive: true });
    return {
      heal: () => mkdirSync(directory),
      recovered: () => world.until('the log goes on in its file', () => existsSync(file)),
      broken: () => brokenLines(readFileSync(file, 'utf8')),
    };
  },
  told: ['log-file'],
  withinMs: FILE_RETRIED_WITHIN_MS,
};

export const LOG_FAULTS: readonly LastingFault[] = [
  {
    name: 'standard error on a full disk, then freed',
    ...onSmallDisk((world) => toFile(world, 'log/watcher.log')),
    told: [],
  },
  {
    name: 'log file on a full disk, then freed',
    ...onSmallDisk((world) => ({ args: LOG_FILE_ARGS(world) })),
    told: ['log-file'],
    withinMs: FILE_RETRIED_WITHIN_MS,
  },
  DIRECTORY_REMOVED,
  READER_GONE,
  READER_STOPPED,
  { name: 'log socket that nobody reads is full', ...stoppedSocket(), told: [] },
];
