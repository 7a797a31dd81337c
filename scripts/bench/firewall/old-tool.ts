// The other end of old-tool.py.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export class OldTool {
  readonly #program: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor() {
    const script = join(import.meta.dirname, 'old-tool.py');
    this.#program = spawn('unshare', ['--net', 'python3', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#program, 'exit');
    this.#answers = createInterface({ input: this.#program.stdout })[Symbol.asyncIterator]();
  }

  /** Milliseconds until all ports are refused. */
  async refuse(ports: readonly number[]): Promise<number> {
    this.#program.stdin.write(`${ports.join(' ')}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("the old tool's method failed");
    return Number(value);
  }

  async close(): Promise<void> {
    this.#program.stdin.end();
    await this.#ended;
  }
}
