// When a drain is complete: a known count of zero, twice, a second apart. An unknown count is never zero.

export interface DrainProgress {
  /** The last known total, or null when the last count was unknown. */
  readonly left: number | null;
  /** When the present run of known zeros began. */
  readonly zeroSinceMs: number | null;
  readonly drained: boolean;
}

export const NOT_COUNTED: DrainProgress = { left: null, zeroSinceMs: null, drained: false };

/** Least time between the two zeros. */
const APART_MS = 1_000;

/** Time between two counts: a little more, so that a timer that fires early does not cost a third. */
export const COUNT_INTERVAL_MS = APART_MS + 50;

/** The progress after one more count; `total` is null when the count is unknown. */
export function withCount(previous: DrainProgress, total: number | null, nowMs: number): DrainProgress {
  if (total !== 0) return { left: total, zeroSinceMs: null, drained: false };
  const zeroSinceMs = previous.zeroSinceMs ?? nowMs;
  return { left: 0, zeroSinceMs, drained: previous.drained || nowMs - zeroSinceMs >= APART_MS };
}
