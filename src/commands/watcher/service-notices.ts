// What the service manager is told, and told again where it did not keep up: it kills a service whose READY=1 or sign of life,
// though sent in time, was lost.
import { constants } from 'node:os';
import { FirewallError } from '../../firewall/errors.ts';

const RETRY_AFTER_MS = 250;

/** Hands its words to `send`; one that finds the queue full is kept, and goes out with the newest value of each assignment. */
export class ServiceNotices {
  readonly #send: (text: string) => void;
  readonly #failed: (problem: string) => void;
  readonly #unsent = new Map<string, string>();
  #retry: NodeJS.Timeout | null = null;

  /**
   * @param send throws a FirewallError; EAGAIN is tried again, anything else given up: no service manager is no reason to stop
   * @param failed is told why something was not sent, at once
   */
  constructor(send: (text: string) => void, failed: (problem: string) => void) {
    this.#send = send;
    this.#failed = failed;
  }

  /** Tells `text`: newline-separated assignments. Never throws, never waits. */
  tell(text: string): void {
    const assignments = text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line] as const);
    // A sign of life that comes after it would have the time of the stop counted anew.
    if (assignments.some(([name]) => name === 'STOPPING')) this.#unsent.clear();
    for (const [name, line] of assignments) this.#unsent.set(name, line);
    this.#sendAll();
  }

  #sendAll(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    try {
      this.#send([...this.#unsent.values()].join('\n'));
      this.#unsent.clear();
    } catch (error) {
      this.#failed((error as Error).message);
      if (error instanceof FirewallError && error.errno === constants.errno.EAGAIN) {
        // Not what keeps an agent alive that is to end.
        this.#retry = setTimeout(() => this.#sendAll(), RETRY_AFTER_MS).unref();
      } else {
        this.#unsent.clear();
      }
    }
  }
}
