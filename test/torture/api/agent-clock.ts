// The wall clock of an agent, which can be set while it runs.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { compilePreloaded } from '../compile.ts';

const SOURCE = join(import.meta.dirname, 'clock_shift.c');

export class AgentClock {
  /** For the agent that is to have it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #file: number;
  #aheadMs = 0;

  private constructor(library: string, path: string) {
    this.env = { LD_PRELOAD: library, CLOCK_SHIFT_FILE: path };
    this.#file = openSync(path, 'w');
    this.setAhead(0);
  }

  /** Compiles what is preloaded into `directory`; fails when the compiler does, which says why. */
  static create(directory: string): AgentClock {
    mkdirSync(directory, { recursive: true });
    return new AgentClock(compilePreloaded(SOURCE, directory), join(directory, 'clock-shift'));
  }

  /** Of the host's clock. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** Sets it at once. */
  setAhead(ms: number): void {
    const ns = Buffer.alloc(8);
    ns.writeBigInt64LE(BigInt(ms) * 1_000_000n);
    // One aligned word: a reader has the old one or the new one.
    writeSync(this.#file, ns, 0, ns.length, 0);
    this.#aheadMs = ms;
  }

  close(): void {
    closeSync(this.#file);
  }
}
