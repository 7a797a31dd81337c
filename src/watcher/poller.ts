// Asks for the instance's state at every slot and hands over what was learned. Runs beside the loop, so that a poll that
// hangs never keeps the firewall from being looked after.
import type { Answer } from './domain/answer.ts';
import type { Clock, MetadataSource } from './ports.ts';
import { firstSlotMs, hasSlept, nextSlotMs, pollDeadlineMs } from './schedule.ts';

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
    await clock.sleep(nextSlotMs(anchorMs, periodMs, now) - now, signal);
    const woken = read(clock);
    if (hasSlept(seen, woken, periodMs)) source.forgetSession();
    seen = woken;
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

function read(clock: Clock): { wallMs: number; monotonicMs: number } {
  return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
}
