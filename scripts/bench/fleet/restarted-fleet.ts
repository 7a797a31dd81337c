// Ten thousand agents that are started in the same moment: how their polls spread, by the functions that the agent schedules with.
import { firstSlotMs, nextSlotMs, pollDeadlineMs } from '../../../src/watcher/schedule.ts';

/** What an answer takes, of the deadline at most: later slots do not depend on it. */
const ANSWER_SHARE = 0.5;

export interface Fleet {
  readonly agents: number;
  readonly periodMs: number;
  /** How many periods are looked at, from the second one on: in the first everyone asks at once. */
  readonly periods: number;
}

/** The polls of the busiest second, in units of the mean of all seconds. */
export function busiestSecond({ agents, periodMs, periods }: Fleet): number {
  const fromMs = periodMs;
  const untilMs = periodMs * (1 + periods);
  const seconds = new Array<number>((untilMs - fromMs) / 1000).fill(0);
  for (let agent = 0; agent < agents; agent += 1) {
    const anchorMs = firstSlotMs(0, periodMs, Math.random());
    for (let slotMs = anchorMs; slotMs < untilMs; ) {
      if (slotMs >= fromMs) seconds[Math.floor((slotMs - fromMs) / 1000)]! += 1;
      const answeredMs = slotMs + Math.random() * ANSWER_SHARE * pollDeadlineMs(periodMs);
      slotMs = nextSlotMs(anchorMs, periodMs, answeredMs);
    }
  }
  const mean = seconds.reduce((sum, polls) => sum + polls, 0) / seconds.length;
  return Math.max(...seconds) / mean;
}
