// What wakes the loop. Wake-ups of one kind merge: the loop is level-triggered and only the newest answer counts.
import type { Answer } from './domain/answer.ts';

export interface Wake {
  readonly answer: Answer | null;
  /** The table may no longer be what was put in place. */
  readonly touched: boolean;
  /** The settings were replaced. */
  readonly reload: boolean;
  /** Connections were counted: what is told of the agent may have changed. */
  readonly counted: boolean;
}

const NOTHING: Wake = { answer: null, touched: false, reload: false, counted: false };

export class Inbox {
  readonly #signal: AbortSignal;
  #pending: Wake = NOTHING;
  #wake: () => void = () => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Adds to what the loop finds when it next looks. */
  post(part: Partial<Wake>): void {
    this.#pending = { ...this.#pending, ...part };
    this.#wake();
  }

  /** Everything posted since the last call, waiting for something; null once the signal has aborted. */
  async take(): Promise<Wake | null> {
    if (this.#pending === NOTHING && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#signal.aborted) return null;
    const wake = this.#pending;
    this.#pending = NOTHING;
    return wake;
  }
}
