// Which lease is in force: one at a time, until its time is over, its connection ends, it is given back, or the agent ends.
import type { Lease, LeaseEnd } from '../domain/lease.ts';
import type { Clock } from '../ports.ts';
import type { LeaseRequest } from './protocol.ts';

/** A lease from its beginning to its end. */
export interface HeldLease {
  readonly id: string;
  readonly lease: Lease;
  /** Aborted as soon as it has ended. */
  readonly over: AbortSignal;
  readonly ended: Promise<LeaseEnd>;
  /** Ends it; one that has ended stays as it is. */
  end(why: LeaseEnd): void;
}

export interface LeasesOptions {
  /** Puts a lease in force, or ends the one that is: then `why` is told. */
  readonly put: (lease: Lease | null, why: LeaseEnd | null) => void;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** How long a sleep of the machine may keep a lease that has run out. */
const TIME_CHECK_MS = 5_000;

export class Leases {
  readonly #options: LeasesOptions;
  #held: HeldLease | null = null;
  #lastSinceMs = 0;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** The one in force. */
  get held(): HeldLease | null {
    return this.#held;
  }

  /** Puts a lease in force; null when another one is. */
  begin(request: LeaseRequest): HeldLease | null {
    if (this.#held !== null) return null;
    const { put, newId } = this.#options;
    const lease = this.#leaseFrom(request);
    const over = new AbortController();
    const ended = Promise.withResolvers<LeaseEnd>();
    const held: HeldLease = {
      id: newId(),
      lease,
      over: over.signal,
      ended: ended.promise,
      end: (why) => {
        if (over.signal.aborted) return;
        over.abort();
        this.#held = null;
        // An agent that ends decides by itself what stays of a lease.
        if (why !== 'agent') put(null, why);
        ended.resolve(why);
      },
    };
    this.#held = held;
    put(lease, null);
    void this.#endInTime(held, request.seconds * 1000);
    return held;
  }

  #leaseFrom(request: LeaseRequest): Lease {
    // Leases are told apart by their beginning.
    const sinceWallMs = Math.max(this.#options.clock.wallMs(), this.#lastSinceMs + 1);
    this.#lastSinceMs = sinceWallMs;
    const { seconds, ...asked } = request;
    return { ...asked, sinceWallMs, untilWallMs: sinceWallMs + seconds * 1000 };
  }

  /**
   * By whichever clock is there first: timers and the monotonic clock stand still while the machine sleeps, and people were told
   * a time of the wall clock, which may be set back.
   */
  async #endInTime({ lease, over, end }: HeldLease, lastsMs: number): Promise<void> {
    const { clock } = this.#options;
    const untilMonotonicMs = clock.monotonicMs() + lastsMs;
    while (!over.aborted) {
      const leftMs = Math.min(untilMonotonicMs - clock.monotonicMs(), lease.untilWallMs - clock.wallMs());
      if (leftMs <= 0) return end('time');
      await clock.sleep(Math.min(leftMs, TIME_CHECK_MS), over);
    }
  }
}
