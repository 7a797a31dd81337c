// Keeps the context: fresh enough without waiting for it, kept when a refresh fails, asked for no more often than helps.
import type { InstanceContext, Resolution } from './instance-context.ts';
import type { Recollection } from './trusted-cache.ts';

export interface ContextKeeperOptions {
  /**
   * The context of an earlier run: it serves at once and is refreshed behind it. Asked for again at the next poll as long as
   * it is not known whose it is.
   */
  readonly recall: (signal: AbortSignal) => Promise<Recollection>;
  readonly resolve: (signal: AbortSignal) => Promise<Resolution>;
  readonly staleAfterMs: number;
  /** A definite answer is rechecked no more often than this. */
  readonly recheckAfterMs: number;
  /** Time that must lie between the two reads that prove the group tag absent: a poll period. */
  readonly confirmAfterMs: number;
  /** Bounds a refresh in the background. */
  readonly refreshDeadlineMs: number;
  readonly monotonicMs: () => number;
  /** Called with every context that was read, to be kept on disk. */
  readonly learned: (context: InstanceContext) => void;
  /** Called when refreshing in the background began to fail, with why; the context in hand goes on serving. */
  readonly refreshFailed: (message: string) => void;
  /** Called when the context was read again after that. */
  readonly refreshed: () => void;
}

interface Known {
  readonly context: InstanceContext;
  readonly readAtMs: number;
}

interface Definite {
  readonly resolution: Exclude<Resolution, { kind: 'ready' }>;
  readonly readAtMs: number;
}

export class ContextKeeper {
  readonly #options: ContextKeeperOptions;
  #known: Known | null = null;
  /** Of the last successful read, also while a refresh is asked for. */
  #readAtMs: number | null = null;
  #definite: Definite | null = null;
  #tagAbsentSinceMs: number | null = null;
  #refreshing: Promise<void> | null = null;
  /** Told once: with a service that is down a refresh fails every period. */
  #isFailing = false;
  #nextRefreshMs = Number.NEGATIVE_INFINITY;
  #isRecalled = false;

  constructor(options: ContextKeeperOptions) {
    this.#options = options;
  }

  /** The context to use for the poll at hand. Waits for the network only when there is none. */
  async current(signal: AbortSignal): Promise<Resolution> {
    const nowMs = this.#options.monotonicMs();
    if (this.#known === null) {
      if (this.#definite !== null && nowMs - this.#definite.readAtMs < this.#options.recheckAfterMs) {
        return this.#definite.resolution;
      }
      const pending = this.#isRecalled ? null : await this.#recall(signal);
      if (pending !== null) return this.#take(pending);
      if (this.#known === null) return this.#take(await this.#options.resolve(signal));
    }
    if (nowMs - this.#known.readAtMs >= this.#options.staleAfterMs) this.#refresh(nowMs);
    return { kind: 'ready', context: this.#known.context };
  }

  /** How long ago the context in use was read; null when none was read by this process. */
  ageMs(): number | null {
    return this.#readAtMs === null ? null : this.#options.monotonicMs() - this.#readAtMs;
  }

  /** The machine slept, or the API refused the address in hand: refresh at the next poll. */
  expire(): void {
    if (this.#known !== null) this.#known = { ...this.#known, readAtMs: Number.NEGATIVE_INFINITY };
    this.#nextRefreshMs = Number.NEGATIVE_INFINITY;
    this.#definite = null;
  }

  /** Takes up the context of an earlier run, if there is one; why it cannot be told yet, else null. */
  async #recall(signal: AbortSignal): Promise<Exclude<Resolution, { kind: 'ready' }> | null> {
    const recalled = await this.#options.recall(signal);
    if (recalled.kind !== 'ours' && recalled.kind !== 'none') return recalled;
    this.#isRecalled = true;
    if (recalled.kind === 'ours') {
      this.#known ??= { context: recalled.context, readAtMs: Number.NEGATIVE_INFINITY };
    }
    return null;
  }

  #refresh(nowMs: number): void {
    if (this.#refreshing !== null || nowMs < this.#nextRefreshMs) return;
    const signal = AbortSignal.timeout(this.#options.refreshDeadlineMs);
    this.#refreshing = this.#options
      .resolve(signal)
      .catch((error: Error): Resolution => ({ kind: 'unknown', message: error.message }))
      .then((resolution) => {
        this.#take(resolution);
        if (resolution.kind === 'ready') return;
        const again =
          resolution.kind === 'refused' ? this.#options.recheckAfterMs : this.#options.confirmAfterMs;
        this.#nextRefreshMs = this.#options.monotonicMs() + again;
        if (!this.#isFailing) this.#options.refreshFailed(resolution.message);
        this.#isFailing = true;
      })
      .finally(() => {
        this.#refreshing = null;
      });
  }

  /** Notes a resolution and says what it means for the poll; an absent tag counts only when it was read twice, a period apart. */
  #take(resolution: Resolution): Resolution {
    const nowMs = this.#options.monotonicMs();
    switch (resolution.kind) {
      case 'ready':
        this.#known = { context: resolution.context, readAtMs: nowMs };
        this.#readAtMs = nowMs;
        this.#definite = null;
        this.#tagAbsentSinceMs = null;
        this.#options.learned(resolution.context);
        if (this.#isFailing) this.#options.refreshed();
        this.#isFailing = false;
        return resolution;
      case 'not-managed':
        this.#tagAbsentSinceMs ??= nowMs;
        if (nowMs - this.#tagAbsentSinceMs < this.#options.confirmAfterMs) {
          return { kind: 'unknown', message: `${resolution.message}; to be confirmed by a second look` };
        }
        this.#known = null;
        this.#definite = { resolution, readAtMs: nowMs };
        return resolution;
      case 'refused':
        this.#tagAbsentSinceMs = null;
        this.#definite = { resolution, readAtMs: nowMs };
        return resolution;
      case 'unknown':
        return resolution;
    }
  }
}
