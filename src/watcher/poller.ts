// Asks for the instance's state at every slot and hands over what was learned. Runs beside the loop, so that a poll that
// hangs never keeps the firewall from being looked after.
import type { Answer } from './domain/answer.ts';
import type { Clock, MetadataSource } from './ports.ts';
import { type ClockReading, firstSlotMs, hasSlept, nextSlotMs, pollDeadlineMs } from './schedule.ts';

/** How long a sleep of the machine may go unnoticed. */
const SLEEP_CHECK_MS = 5_000;

/** Polls at once and then at every slot until the signal aborts; never rejects. */
export async function pollAtSlots(
  source: MetadataSource,
  periodMs: number,
  clock: Clock,
  random: () => number,
  deliver: (answer: Answer) => void,
  signal: AbortSignal,
): Promise<void> {
  let seen = read(clock);
  const anchorMs = firstSlotMs(seen.monotonicMs, periodMs, random());
  while (!signal.aborted) {
    const answer = await pollOnce(source, periodMs, signal);
    if (signal.aborted) return;
    deliver(answer);
    const now = clock.monotonicMs();
    const slept = await waitUntil(nextSlotMs(anchorMs, periodMs, now), seen, periodMs, clock, signal);
    if (slept) source.forgetSession();
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

async function pollOnce(source: MetadataSource, periodMs: number, signal: AbortSignal): Promise<Answer> {
  try {
    return await source.poll({ timeoutMs: pollDeadlineMs(periodMs), signal });
  } catch (error) {
    return {
      kind: 'unknown',
      class: 'transport',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

function read(clock: Clock): ClockReading {
  return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
}
