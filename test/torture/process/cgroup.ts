// Control groups of a test's own that give a program little memory or processor time: version 2, or version 1 where the
// controllers are still there.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessWorld } from './process-world.ts';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

export interface Limits {
  readonly memoryBytes?: number;
  /** Of one processor. */
  readonly processorShare?: number;
}

interface Controller {
  readonly directory: string;
  /** What is written into it, file by file; one that is missing is left out when it is optional. */
  readonly settings: readonly (readonly [file: string, value: string, isOptional?: true])[];
}

export class Cgroup {
  readonly #directories: readonly string[];
  readonly #isVersion1: boolean;

  private constructor(directories: readonly string[], isVersion1: boolean) {
    this.#directories = directories;
    this.#isVersion1 = isVersion1;
  }

  /** Needs real root; throws the file system's error without it. */
  static create(name: string, limits: Limits): Cgroup {
    const isVersion1 = existsSync(join(ROOT, 'memory'));
    const own = `cs-watcher-${process.pid}-${name}`;
    const controllers = isVersion1 ? version1(own, limits) : version2(own, limits);
    for (const { directory, settings } of controllers) {
      mkdirSync(directory);
      for (const [file, value, isOptional] of settings) {
        const path = join(directory, file);
        if (isOptional !== true || existsSync(path)) writeFileSync(path, value);
      }
    }
    return new Cgroup(
      controllers.map(({ directory }) => directory),
      isVersion1,
    );
  }

  /** Has whatever is started by it live in the group; `become` is the shell's words that become the program. */
  wrapper(become = 'exec "$@"'): readonly string[] {
    const enter = this.#directories.map((path) => `echo $$ >${path}/cgroup.procs`).join(' && ');
    return ProcessWorld.shell(`${enter} && ${become}`);
  }

  /** The most that was charged to the group, page cache included. */
  peakBytes(): number {
    return Number(this.#read(this.#isVersion1 ? 'memory.max_usage_in_bytes' : 'memory.peak'));
  }

  /** How many of its processes the kernel killed for want of memory. */
  kills(): number {
    const text = this.#read(this.#isVersion1 ? 'memory.oom_control' : 'memory.events');
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1]);
  }

  /** Once no process is left in it. */
  remove(): void {
    for (const directory of this.#directories) rmdirSync(directory);
  }

  #read(file: string): string {
    const directory = this.#directories.find((one) => existsSync(join(one, file)));
    if (directory === undefined) throw new Error(`no ${file} in ${this.#directories.join(', ')}`);
    return readFileSync(join(directory, file), 'utf8');
  }
}

function version1(name: string, { memoryBytes, processorShare }: Limits): Controller[] {
  const memory: Controller = {
    directory: join(ROOT, 'memory', name),
    settings: [
      ['memory.limit_in_bytes', String(memoryBytes)],
      ['memory.memsw.limit_in_bytes', String(memoryBytes), true],
    ],
  };
  const cpu: Controller = {
    directory: join(ROOT, 'cpu', name),
    settings: [
      ['cpu.cfs_period_us', String(PERIOD_US)],
      ['cpu.cfs_quota_us', String(PERIOD_US * (processorShare ?? 1))],
    ],
  };
  return [...(memoryBytes === undefined ? [] : [memory]), ...(processorShare === undefined ? [] : [cpu])];
}

function version2(name: string, { memoryBytes, processorShare }: Limits): Controller[] {
  const quota = PERIOD_US * (processorShare ?? 1);
  return [
    {
      directory: join(ROOT, name),
      settings: [
        ...(memoryBytes === undefined
          ? []
          : ([
              ['memory.max', String(memoryBytes)],
              ['memory.swap.max', '0', true],
            ] as const)),
        ...(processorShare === undefined ? [] : ([['cpu.max', `${quota} ${PERIOD_US}`]] as const)),
      ],
    },
  ];
}
