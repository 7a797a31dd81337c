// What each poll of a program cost in processor time, from one request's arrival to the next one's.
import type { CpuGroup } from './cpu-group.ts';
import type { Instance } from './instance.ts';

export class ProcessorTime {
  readonly #usedMs: number[] = [];

  /** Of the program in the group, which polls on that instance. */
  constructor(instance: Instance, group: CpuGroup) {
    instance.onPoll = () => this.#usedMs.push(group.usedMs());
  }

  /** From the first poll on: what came before is the start. */
  eachPollMs(): number[] {
    return this.#usedMs.slice(1).map((used, index) => used - this.#usedMs[index]!);
  }

  /** All of that time by the number of polls. */
  meanMs(): number {
    return (this.#usedMs.at(-1)! - this.#usedMs[0]!) / (this.#usedMs.length - 1);
  }
}
