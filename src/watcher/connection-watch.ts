// Counts what a drain waits for, beside the loop: a host with many connections takes its time to count, and the table must not
// wait for it.
import type { Firewall } from '../firewall/firewall.ts';
import type { ConnectionCount } from '../firewall/ruleset.ts';
import type { DrainRuleset } from './domain/desired-firewall.ts';
import type { DrainCount } from './domain/drain.ts';
import { COUNT_INTERVAL_MS, type DrainProgress, NOT_COUNTED, withCount } from './domain/drain-progress.ts';
import type { Clock, Reporter } from './ports.ts';

/** Once drained, only a source that is never refused could connect anew. */
const DRAINED_INTERVAL_MS = 10_000;

export class ConnectionWatch {
  readonly #firewall: Firewall;
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  readonly #counted: () => void;
  #watching: AbortController | null = null;
  #ruleset: DrainRuleset | null = null;
  #progress: DrainProgress = NOT_COUNTED;

  /** `counted` is called after each count. */
  constructor(firewall: Firewall, clock: Clock, reporter: Reporter, counted: () => void) {
    this.#firewall = firewall;
    this.#clock = clock;
    this.#reporter = reporter;
    this.#counted = counted;
  }

  /** What the last count gave; null when not watching. */
  get count(): DrainCount | null {
    return this.#watching === null ? null : this.#progress;
  }

  /** Counts connections to the ruleset's ports until `stop`, from now on; goes on when it was counting them already. */
  start(ruleset: DrainRuleset): void {
    this.#ruleset = ruleset;
    if (this.#watching !== null) return;
    this.#watching = new AbortController();
    this.#progress = NOT_COUNTED;
    void this.#count(this.#watching.signal);
  }

  stop(): void {
    this.#watching?.abort();
    this.#watching = null;
  }

  async #count(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ruleset = this.#ruleset as DrainRuleset;
      const count = await this.#connections(ruleset);
      if (signal.aborted) return;
      this.#progress = withCount(this.#progress, count.known ? count.total : null, this.#clock.monotonicMs());
      this.#reporter.connections(count, ruleset.ports);
      this.#counted();
      await this.#clock.sleep(this.#progress.drained ? DRAINED_INTERVAL_MS : COUNT_INTERVAL_MS, signal);
    }
  }

  async #connections({ ports, includeLoopback }: DrainRuleset): Promise<ConnectionCount> {
    try {
      return await this.#firewall.connections(ports, includeLoopback);
    } catch (error) {
      return { known: false, reason: (error as Error).message };
    }
  }
}
