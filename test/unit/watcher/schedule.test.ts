import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstSlotMs, hasSlept, nextSlotMs, pollDeadlineMs } from '../../../src/watcher/schedule.ts';

describe('the poll schedule', () => {
  test('one phase in (0, period] after the first poll', () => {
    assert.equal(firstSlotMs(100, 10_000, 0), 10_100);
    assert.ok(firstSlotMs(100, 10_000, 0.999_999) > 100);
  });

  const slots: [string, number, number, number, number][] = [
    ['before the first slot', 5_000, 10_000, 100, 5_000],
    ['on a slot: the next one', 5_000, 10_000, 5_000, 15_000],
    ['between slots', 5_000, 10_000, 14_999, 15_000],
    ['slots missed by a slow poll are skipped', 5_000, 1_000, 8_300, 9_000],
  ];
  for (const [name, anchor, period, now, expected] of slots) {
    test(name, () => assert.equal(nextSlotMs(anchor, period, now), expected));
  }

  test('slots do not drift, however late each poll ends', () => {
    let now = 0;
    const seen: number[] = [];
    for (let i = 0; i < 1_000; i++) {
      now = nextSlotMs(250, 1_000, now + (i % 7) * 100);
      seen.push(now);
    }
    assert.ok(seen.every((at) => at % 1_000 === 250));
  });

  const deadlines: [number, number][] = [
    [1_000, 3_000],
    [3_000, 3_000],
    [5_000, 5_000],
    [10_000, 10_000],
    [60_000, 10_000],
  ];
  for (const [period, deadline] of deadlines) {
    test(`the deadline at a period of ${period} ms`, () => assert.equal(pollDeadlineMs(period), deadline));
  }

  test('sleep shows as the wall clock running ahead of the monotonic one', () => {
    const before = { wallMs: 1_000_000, monotonicMs: 500 };
    assert.equal(hasSlept(before, { wallMs: 1_010_000, monotonicMs: 10_500 }, 10_000), false);
    assert.equal(hasSlept(before, { wallMs: 1_600_000, monotonicMs: 10_500 }, 10_000), true);
    assert.equal(
      hasSlept(before, { wallMs: 0, monotonicMs: 10_500 }, 10_000),
      false,
      'a clock set back is no sleep',
    );
  });
});
