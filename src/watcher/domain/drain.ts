// One drain from its beginning to its outcome: when the table is due, when time is up, and that the outcome is told once.

/** How a drain came out: nothing was left, or the time was over first. Told once, never taken back. */
export type DrainOutcome = 'complete' | 'timeout';

export interface Drain {
  /** For people; the wall clock may be set. */
  readonly sinceWallMs: number;
  /** What deadlines are told by, also after a restart: the host's clock of this boot. */
  readonly sinceMonotonicMs: number;
  readonly outcome: DrainOutcome | null;
}

export interface DrainConfig {
  /** `--refuse-delay`: balancers are told at once, connections are refused this much later. */
  readonly refuseDelayMs: number;
  /** `--drain-timeout`; null waits for ever. */
  readonly drainTimeoutMs: number | null;
  /** `--on-drain-timeout`: `close` ends what is left when the time is over. */
  readonly onDrainTimeout: 'keep' | 'close';
}

/** The connections that a drain waits for, as last counted. */
export interface DrainCount {
  /** Null when they cannot be counted. */
  readonly left: number | null;
  /** Zero was counted twice, a second apart. */
  readonly drained: boolean;
}

/** Whether a drain came to its end and still stands there: somebody never refused may have connected since. */
export function isDrained(state: { readonly drain: Drain | null }, count: DrainCount | null): boolean {
  return state.drain?.outcome === 'complete' && count?.left === 0;
}

/** Whether new connections are to be refused by now. */
export function isRefusalDue(drain: Drain, config: DrainConfig, monotonicMs: number): boolean {
  return monotonicMs - drain.sinceMonotonicMs >= config.refuseDelayMs;
}

/** What a drain without an outcome has come to. `count` is null while nothing is refused. */
export function outcomeOf(
  drain: Drain,
  count: DrainCount | null,
  config: DrainConfig,
  monotonicMs: number,
): DrainOutcome | null {
  if (count?.drained === true) return 'complete';
  const { drainTimeoutMs } = config;
  const isOver = drainTimeoutMs !== null && monotonicMs - drain.sinceMonotonicMs >= drainTimeoutMs;
  return isOver ? 'timeout' : null;
}

/** Whether what is left is to be closed: only ever after the deadline. */
export function isClosing(drain: Drain | null, config: DrainConfig): boolean {
  return drain?.outcome === 'timeout' && config.onDrainTimeout === 'close';
}

/** The next time at which a drain asks for something by itself; null when only events can change it. */
export function nextDueMs(drain: Drain | null, config: DrainConfig, monotonicMs: number): number | null {
  if (drain === null) return null;
  const times = [drain.sinceMonotonicMs + config.refuseDelayMs];
  if (drain.outcome === null && config.drainTimeoutMs !== null)
    times.push(drain.sinceMonotonicMs + config.drainTimeoutMs);
  const ahead = times.filter((time) => time > monotonicMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}
