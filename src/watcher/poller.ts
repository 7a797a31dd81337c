// Asks at every slot and hands over what was learned. Runs beside the loop, so that a source that hangs never keeps the
// firewall from being looked after.
import type { Clock, PollLimits } from './ports.ts';
import { type ClockReading, firstSlotMs, hasSlept, nextSlotMs, pollDeadlineMs } from './schedule.ts';

/** How long a sleep of the machine may go unnoticed. */
const SLEEP_CHECK_MS = 5_000;

export interface Slots {
  readonly periodMs: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** When an answer was asked for, and when the next one will be. */
export interface Asked {
  readonly startedWallMs: number;
  readonly durationMs: number;
  readonly nextWallMs: number;
}

export interface Asking<T> {
  /** One question within the limits. */
  ask(limits: PollLimits): Promise<T>;
  /** What it means that `ask` rejected. */
  failed(problem: string): T;
  deliver(answer: T, asked: Asked): void;
  /** The machine was asleep. */
  slept(): void;
}

/** Asks at once and then at every slot until the signal aborts; never rejects. */
export async function askAtSlots<T>(
  { ask, failed, deliver, slept }: Asking<T>,
  { periodMs, clock, random }: Slots,
  signal: AbortSignal,
): Promise<void> {
  let seen = read(clock);
  const anchorMs = firstSlotMs(seen.monotonicMs, periodMs, random());
  while (!signal.aborted) {
    const answer = await ask({ timeoutMs: pollDeadlineMs(periodMs), signal }).catch((error: unknown) =>
      failed(error instanceof Error ? error.message : String(error)),
    );
    if (signal.aborted) return;
    const now = read(clock);
    const slotMs = nextSlotMs(anchorMs, periodMs, now.monotonicMs);
    deliver(answer, {
      startedWallMs: seen.wallMs,
      durationMs: now.monotonicMs - seen.monotonicMs,
      nextWallMs: now.wallMs + slotMs - now.monotonicMs,
    });
    if (await waitUntil(slotMs, seen, periodMs, clock, signal)) slept();
    seen = read(clock);
  }
}

/**
 * Waits for a slot; resolves early, with true, when the machine slept meanwhile. Timers stand still while it sleeps, so both
 * clocks are compared every few seconds.
 */
async function waitUntil(
  slotMs: number,
  since: ClockReading,
  periodMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const now = read(clock);
    if (hasSlept(since, now, periodMs)) return true;
    const leftMs = slotMs - now.monotonicMs;
    if (leftMs <= 0 || signal.aborted) return false;
    await clock.sleep(Math.min(leftMs, SLEEP_CHECK_MS), signal);
  }
}

function read(clock: Clock): ClockReading {
  return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
}
