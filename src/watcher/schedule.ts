// When to poll: fixed slots, so that a fleet restarted together spreads over the period and stays spread.

/** The deadline of one poll over all its phases, DNS to last byte. */
export function pollDeadlineMs(periodMs: number): number {
  return Math.min(10_000, Math.max(3_000, periodMs));
}

/** What a wake of the loop may take beyond its slot: one that takes longer counts as hung. */
const WATCHDOG_MARGIN_MS = 20_000;

/** How soon the loop is back from a wait, however slow the answer: the next slot is a period away at most. */
export function backWithinMs(periodMs: number): number {
  return periodMs + pollDeadlineMs(periodMs) + WATCHDOG_MARGIN_MS;
}

/** How long a definite answer (no tag, no role, no permission, no such function) stands before it is asked for again. */
export function definiteRecheckMs(staleContextAfterMs: number): number {
  return Math.max(300_000, staleContextAfterMs);
}

/** The first slot: one random phase in (0, period] after the first poll. `random` is uniform in [0, 1). */
export function firstSlotMs(firstPollMs: number, periodMs: number, random: number): number {
  return firstPollMs + (1 - random) * periodMs;
}

/** The next slot strictly after now; slots that passed while a poll was in flight are skipped. */
export function nextSlotMs(anchorMs: number, periodMs: number, nowMs: number): number {
  if (nowMs < anchorMs) return anchorMs;
  return anchorMs + (Math.floor((nowMs - anchorMs) / periodMs) + 1) * periodMs;
}

/**
 * Whether the machine slept between two looks at both clocks: the wall clock went on while the monotonic one stood still.
 * A clock set forward by more than a period looks the same and costs one early refresh.
 */
export function hasSlept(before: ClockReading, now: ClockReading, periodMs: number): boolean {
  return now.wallMs - before.wallMs - (now.monotonicMs - before.monotonicMs) > periodMs;
}

export interface ClockReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
}
