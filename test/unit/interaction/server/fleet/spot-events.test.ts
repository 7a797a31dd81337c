// How long Spot events count, and how their times are printed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { currentSpotEvents, printTime } from '../../../../../src/interaction/server/fleet/spot-events.ts';
import { nowMs } from '../operations/make-call.ts';

const ago = (minutes: number, ms = 0) => new Date(nowMs - minutes * 60_000 - ms).toISOString();

describe('currentSpotEvents', () => {
  const interrupted = (time: string) =>
    currentSpotEvents(parseFleetInstance({ id: 'i-0', spot: true, spotInterruptedAt: time }), nowMs);
  const recommended = (time: string) =>
    currentSpotEvents(parseFleetInstance({ id: 'i-0', spot: true, spotRebalanceRecommendedAt: time }), nowMs);

  it('forgets an interruption after 10 minutes', () => {
    assert.equal(interrupted(ago(10))?.interruptedAt, '2020-11-20 14:42:01+00:00');
    assert.equal(interrupted(ago(10, 1))?.interruptedAt, null);
    assert.equal(interrupted(ago(0))?.rebalanceRecommendedAt, null);
  });

  it('forgets a recommendation after 20 minutes', () => {
    assert.equal(recommended(ago(20))?.rebalanceRecommendedAt, '2020-11-20 14:32:01+00:00');
    assert.equal(recommended(ago(20, 1))?.rebalanceRecommendedAt, null);
  });

  it('has none for an instance that is not Spot', () => {
    assert.equal(currentSpotEvents(parseFleetInstance({ id: 'i-0' }), nowMs), null);
  });
});

describe('printTime', () => {
  const cases: [string, string | null][] = [
    ['2026-01-01T00:00:00Z', '2026-01-01 00:00:00+00:00'],
    ['2020-11-20 14:52:01.386924+00:00', '2020-11-20 14:52:01.386924+00:00'],
    ['2020-11-20 14:52:01+00:00', '2020-11-20 14:52:01+00:00'],
    ['soon', null],
  ];
  for (const [given, printed] of cases) it(given, () => assert.equal(printTime(given), printed));
});
