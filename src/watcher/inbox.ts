// What wakes the loop. Wake-ups of one kind merge: the loop is level-triggered and only the newest answer counts.
import type { Answer } from './domain/answer.ts';
import type { SignalReadings } from './domain/signals.ts';

export interface Wake {
  readonly answer: Answer | null;
  readonly signals: SignalReadings | null;
  /** The table is to be looked at: it may no longer be what was put in place, or another one is due. */
  readonly look: boolean;
  /** Connections were counted, or a deadline may have passed. */
  readonly tick: boolean;
}

const NOTHING: Wake = { answer: null, signals: null, look: false, tick: false };

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
