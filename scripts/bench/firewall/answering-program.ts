// A program that goes on running and answers each line with one, in a process of its own.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export class AnsweringProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'exit');
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Throws when the program ended instead of answering; why is on standard error. */
  async ask(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.#child.spawnargs.join(' ')} ended at "${line}"`);
    return value;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}
