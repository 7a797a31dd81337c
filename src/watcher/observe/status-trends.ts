// How the connections left have developed: a bounded memory of counts, a minute deep.
import type { ConnectionCount } from '../../firewall/ruleset.ts';

/** How far back a trend reaches. */
const WINDOW_MS = 60_000;
/** Least time between two counts that are kept, so that a minute is a dozen of them whoever asks how often. */
const SPACING_MS = 5_000;

export interface Trend {
  /** Change of the total; negative while connections end. */
  readonly total: number;
  /** Change of each range. */
  readonly perRange: readonly number[];
  /** From the older of the two counts to the newer. */
  readonly overMs: number;
}

type KnownCount = Extract<ConnectionCount, { known: true }>;

interface Counted {
  readonly count: KnownCount;
  readonly atMs: number;
}

/** Counts of one list of ranges. */
export class CountHistory {
  #newest: { readonly count: ConnectionCount; readonly atMs: number } | null = null;
  /** Oldest first. */
  #kept: Counted[] = [];

  /** Adds a count; times are of one monotonic clock, in ms. */
  add(count: ConnectionCount, atMs: number): void {
    this.#newest = { count, atMs };
    this.#kept = this.#kept.filter((one) => atMs - one.atMs <= WINDOW_MS);
    const last = this.#kept.at(-1);
    if (count.known && (last === undefined || atMs - last.atMs >= SPACING_MS))
      this.#kept.push({ count, atMs });
  }

  /** The newest count, unless it is older than `maxAgeMs`. */
  newest(nowMs: number, maxAgeMs: number): ConnectionCount | null {
    const newest = this.#newest;
    return newest !== null && nowMs - newest.atMs <= maxAgeMs ? newest.count : null;
  }

  /** From the oldest count of the last minute to the newest; null without two, or while the newest is not known. */
  trend(): Trend | null {
    const newest = this.#newest;
    const oldest = this.#kept[0];
    if (newest === null || !newest.count.known || oldest === undefined || oldest.atMs === newest.atMs)
      return null;
    const { total, perRange } = newest.count;
    return {
      total: total - oldest.count.total,
      perRange: perRange.map((connections, i) => connections - (oldest.count.perRange[i] ?? 0)),
      overMs: newest.atMs - oldest.atMs,
    };
  }
}
