import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../../src/watcher/domain/answer.ts';
import { askAtSlots, type Asked, type Asking } from '../../../src/watcher/poller.ts';
import type { Clock } from '../../../src/watcher/ports.ts';

const UNKNOWN: Answer = { kind: 'unknown', class: 'transport', message: 'refused' };

/** A clock that only sleeping, and what a test does, moves. */
class ManualClock implements Clock {
  nowMs = 1_000;
  sleptMs = 0;
  monotonicMs = (): number => this.nowMs;
  wallMs = (): number => 1e9 + this.nowMs + this.sleptMs;
  sleep = async (ms: number): Promise<void> => {
    this.nowMs += ms;
  };
}

interface Run {
  readonly polledAtMs: number[];
  readonly answers: Answer[];
  readonly asked: Asked[];
  forgotten: number;
}

async function run(polls: number, each: (clock: ManualClock, poll: number) => Answer): Promise<Run> {
  const clock = new ManualClock();
  const ending = new AbortController();
  const result: Run = { polledAtMs: [], answers: [], asked: [], forgotten: 0 };
  const asking: Asking<Answer> = {
    ask: async () => {
      result.polledAtMs.push(clock.nowMs);
      return each(clock, result.polledAtMs.length);
    },
    failed: (message) => ({ kind: 'unknown', class: 'transport', message }),
    slept: () => {
      result.forgotten++;
    },
    deliver: (answer, asked) => {
      result.answers.push(answer);
      result.asked.push(asked);
      if (result.answers.length === polls) ending.abort();
    },
  };
  await askAtSlots(asking, { periodMs: 10_000, clock, random: () => 0.75 }, ending.signal);
  return result;
}

test('the first poll at once, then fixed slots from one random phase', async () => {
  const { polledAtMs } = await run(4, () => UNKNOWN);
  assert.deepEqual(polledAtMs, [1_000, 3_500, 13_500, 23_500]);
});

test('a slow poll skips slots and keeps to the schedule', async () => {
  const { polledAtMs } = await run(3, (clock, poll) => {
    if (poll === 2) clock.nowMs += 12_000;
    return UNKNOWN;
  });
  assert.deepEqual(polledAtMs, [1_000, 3_500, 23_500]);
});

test('what is told of a poll: when it began, how long it took, when the next one is', async () => {
  const { asked } = await run(2, (clock) => {
    clock.nowMs += 700;
    return UNKNOWN;
  });
  assert.deepEqual(asked, [
    { startedWallMs: 1e9 + 1_000, durationMs: 700, nextWallMs: 1e9 + 3_500 },
    { startedWallMs: 1e9 + 3_500, durationMs: 700, nextWallMs: 1e9 + 13_500 },
  ]);
});

test('a source that throws is an unknown answer, and the next slot comes', async () => {
  const { answers } = await run(2, (_, poll) => {
    if (poll === 1) throw new Error('broken');
    return UNKNOWN;
  });
  assert.deepEqual(answers[0], { kind: 'unknown', class: 'transport', message: 'broken' });
  assert.equal(answers.length, 2);
});

test('after the machine slept, what was held of the session is forgotten before the next poll', async () => {
  const result = await run(3, (clock, poll) => {
    if (poll === 2) clock.sleptMs += 3_600_000;
    return UNKNOWN;
  });
  assert.equal(result.forgotten, 1);
});
