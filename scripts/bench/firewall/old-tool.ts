// The other end of old-tool.py.
import { join } from 'node:path';
import { AnsweringProgram } from './answering-program.ts';

export class OldTool {
  readonly #program = new AnsweringProgram('unshare', [
    '--net',
    'python3',
    join(import.meta.dirname, 'old-tool.py'),
  ]);

  /** Milliseconds until all ports are refused. */
  async refuse(ports: readonly number[]): Promise<number> {
    return Number(await this.#program.ask(ports.join(' ')));
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}
