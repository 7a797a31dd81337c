// Waits for the agent to have come somewhere: hears what it stands at whenever it is about to wait.
import type { Reporter, Summary } from '../ports.ts';

interface Waiter {
  readonly isReached: (summary: Summary) => boolean;
  readonly reached: () => void;
}

export class SummaryWatch implements Pick<Reporter, 'settled'> {
  readonly #waiters = new Set<Waiter>();
  #latest: Summary | null = null;

  /** What the agent stood at when it last waited; null before the first time. */
  get latest(): Summary | null {
    return this.#latest;
  }

  settled(summary: Summary): void {
    this.#latest = summary;
    for (const waiter of [...this.#waiters]) if (waiter.isReached(summary)) waiter.reached();
  }

  /** Something else that is waited for has changed: those who wait look again. */
  again(): void {
    if (this.#latest !== null) this.settled(this.#latest);
  }

  /** Resolves with true once the agent stands where `isReached` says, which may be now; with false when the signal aborts. */
  until(isReached: (summary: Summary) => boolean, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      if (this.#latest !== null && isReached(this.#latest)) return resolve(true);
      const settle = (value: boolean): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', aborted);
        resolve(value);
      };
      const aborted = (): void => settle(false);
      const waiter: Waiter = { isReached, reached: () => settle(true) };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }
}
