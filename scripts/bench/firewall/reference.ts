// The other end of reference.c: the same table, installed and read by a program in C, in this network namespace.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Ownership, Ruleset } from '../../../src/firewall/ruleset.ts';

const NANOSECONDS = 1e6;

export class Reference {
  readonly #program: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(path: string, ownership: Ownership) {
    this.#program = spawn(path, [ownership], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#program, 'exit');
    this.#answers = createInterface({ input: this.#program.stdout })[Symbol.asyncIterator]();
  }

  /** Milliseconds of each of `times` installations, the table absent before each; the last stays. */
  async apply(ruleset: Ruleset, times: number): Promise<readonly number[]> {
    return this.#tell('apply', times, ...portsOf(ruleset));
  }

  /** Milliseconds of each of `times` readings of the installed table. */
  async look(ruleset: Ruleset, times: number): Promise<readonly number[]> {
    return this.#tell('look', times, ...portsOf(ruleset));
  }

  async remove(): Promise<void> {
    await this.#tell('remove');
  }

  async close(): Promise<void> {
    this.#program.stdin.end();
    await this.#ended;
  }

  async #tell(...words: readonly (string | number)[]): Promise<readonly number[]> {
    this.#program.stdin.write(`${words.join(' ')}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the reference program ended at "${words[0]}"`);
    return value
      .split(' ')
      .filter(Boolean)
      .map((ns) => Number(ns) / NANOSECONDS);
  }
}

/** The program writes single ports. */
function portsOf({ ports }: Ruleset): readonly number[] {
  return ports.map(({ first }) => first);
}
