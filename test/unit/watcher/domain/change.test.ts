// What begins a new change: the lines, scripts and connections after it have an id of their own.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import type { Lease } from '../../../../src/watcher/domain/lease.ts';
import type { Observation, PlanConfig } from '../../../../src/watcher/domain/plan.ts';
import { after, CONFIG, events, FRESH, IN_PLACE, known, observed, refusing, UNKNOWN } from './cycle.ts';

const RUNNING = after(FRESH, known('running')).next;
const EXCLUDED = { 'clonesquad:excluded': 'true' };
const SIMULATION: Lease = { kind: 'simulation', state: 'draining', sinceWallMs: 1, untilWallMs: 2 };
const HELD = after(RUNNING, UNKNOWN).next;
const IMPATIENT: PlanConfig = { ...CONFIG, drainTimeoutMs: 1_000, maxHoldMs: 1_000 };

describe('a new change', () => {
  type Case = readonly [
    what: string,
    before: AgentState,
    seen: Partial<Observation>,
    isChange: boolean,
    atMs?: number,
  ];
  const cases: readonly Case[] = [
    ['the first state', FRESH, { answer: known('running') }, true],
    ['a state', RUNNING, { answer: known('draining') }, true],
    ['the same state', RUNNING, { answer: known('running') }, false],
    ['a state with the same verdict', RUNNING, { answer: known('bounced') }, true],
    [
      'a further reason',
      refusing(),
      { answer: known('draining', { tags: EXCLUDED }), table: IN_PLACE },
      true,
    ],
    ['being left to AWS', RUNNING, { answer: known('running', { targetGroups: 1 }) }, true],
    ['a lease', RUNNING, { lease: SIMULATION }, true],
    ['the beginning of a hold', RUNNING, { answer: UNKNOWN }, false],
    ['the end of a hold', HELD, { answer: known('running') }, false],
    ['a table that was taken away', refusing(), {}, false],
    ['the end of a drain', refusing(), { count: { left: 0, drained: true }, table: IN_PLACE }, false],
    ['the time-out of a drain', refusing(), { table: IN_PLACE }, false, 1_001],
    ['a hold that expires', after(refusing(), UNKNOWN, IN_PLACE).next, { table: IN_PLACE }, true, 1_001],
  ];
  for (const [what, before, seen, isChange, atMs = 0] of cases) {
    test(`${isChange ? 'begins' : 'does not begin'} with ${what}`, () => {
      assert.equal(observed(before, seen, IMPATIENT, atMs).isChange, isChange);
    });
  }

  test('is what every line that has one belongs to', () => {
    const { isChange, steps } = after(RUNNING, known('running', { targetGroups: 1 }));
    assert.deepEqual([events(steps), isChange], [['open'], true]);
  });
});
