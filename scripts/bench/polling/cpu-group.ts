// A control group of a program's own, for the processor time of it and of every process it starts: version 2, or version 1 where
// the controller is still there.
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const VERSION_1 = join(ROOT, 'cpuacct');

export class CpuGroup {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Needs real root; throws the file system's error without it. */
  static create(name: string): CpuGroup {
    const directory = join(existsSync(VERSION_1) ? VERSION_1 : ROOT, `cs-bench-${process.pid}-${name}`);
    mkdirSync(directory);
    return new CpuGroup(directory);
  }

  /** A command that starts another one in the group and becomes it. */
  wrapper(): readonly string[] {
    return ['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', this.#directory];
  }

  /** Processor time so far, user and system. */
  usedMs(): number {
    const version1 = join(this.#directory, 'cpuacct.usage');
    if (existsSync(version1)) return Number(readFileSync(version1, 'utf8')) / 1e6;
    const text = readFileSync(join(this.#directory, 'cpu.stat'), 'utf8');
    return Number(/^usage_usec (\d+)$/m.exec(text)![1]) / 1e3;
  }

  /** Once no process is left in it. */
  remove(): void {
    rmdirSync(this.#directory);
  }
}
