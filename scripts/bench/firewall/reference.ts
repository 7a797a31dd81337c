// The other end of reference.c: the same table, installed and read by a program in C, in this network namespace.
import type { Ownership, Ruleset } from '../../../src/firewall/ruleset.ts';
import { AnsweringProgram } from './answering-program.ts';

const NANOSECONDS = 1e6;

export class Reference {
  readonly #program: AnsweringProgram;

  constructor(path: string, ownership: Ownership) {
    this.#program = new AnsweringProgram(path, [ownership]);
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

  close(): Promise<void> {
    return this.#program.close();
  }

  async #tell(...words: readonly (string | number)[]): Promise<readonly number[]> {
    const answer = await this.#program.ask(words.join(' '));
    return answer
      .split(' ')
      .filter(Boolean)
      .map((ns) => Number(ns) / NANOSECONDS);
  }
}

/** The program writes single ports. */
function portsOf({ ports }: Ruleset): readonly number[] {
  return ports.map(({ first }) => first);
}
