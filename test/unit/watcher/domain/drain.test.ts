// A drain from its beginning to its outcome: the delay, the deadline, what is told once, and what a restart knows of it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import type { TableObservation } from '../../../../src/watcher/domain/desired-firewall.ts';
import { type DrainCount, isDrained, nextDueMs } from '../../../../src/watcher/domain/drain.ts';
import type { Lease } from '../../../../src/watcher/domain/lease.ts';
import { plan, type PlanConfig, recordedState } from '../../../../src/watcher/domain/plan.ts';
import {
  ABSENT,
  after,
  CONFIG,
  events,
  FRESH,
  IN_PLACE,
  kinds,
  known,
  NOW,
  observed,
  RULESET,
} from './cycle.ts';

const NONE_LEFT: DrainCount = { left: 0, drained: true };
const SOME_LEFT: DrainCount = { left: 3, drained: false };
const UNCOUNTED: DrainCount = { left: null, drained: false };
const TIMEOUT: PlanConfig = { ...CONFIG, drainTimeoutMs: 60_000 };
const CLOSING: PlanConfig = { ...TIMEOUT, onDrainTimeout: 'close' };
const DELAYED: PlanConfig = { ...CONFIG, refuseDelayMs: 10_000 };

const ALTERED = { ...IN_PLACE, ruleset: null, difference: 'a rule is gone' } as TableObservation;

/** A drain that began at 0, by an agent with this configuration. */
function draining(config: PlanConfig): AgentState {
  const running = after(FRESH, known('running'), ABSENT, config).next;
  return after(running, known('draining'), ABSENT, config).next;
}

describe('the outcome of a drain', () => {
  test('complete: told once, with the scripts in drained/, and on record', () => {
    const result = observed(draining(CONFIG), { count: NONE_LEFT, table: IN_PLACE }, CONFIG, 5_000);
    assert.deepEqual(kinds(result.steps), ['run-drained-hooks', 'record']);
    assert.deepEqual(result.steps[0], { kind: 'run-drained-hooks', outcome: 'complete', connectionsLeft: 0 });
    assert.deepEqual(events(result.steps), ['drained']);
    assert.deepEqual(observed(result.next, { count: NONE_LEFT, table: IN_PLACE }).steps, []);
    assert.equal(isDrained(result.next, NONE_LEFT), true);
  });

  test('one who connected since, from a source never refused, is not denied; the scripts are not run again', () => {
    const complete = observed(draining(CONFIG), { count: NONE_LEFT, table: IN_PLACE }).next;
    const busy = observed(complete, { count: SOME_LEFT, table: null });
    assert.deepEqual([busy.steps, isDrained(busy.next, SOME_LEFT)], [[], false]);
    assert.deepEqual(observed(busy.next, { count: NONE_LEFT, table: IN_PLACE }).steps, []);
  });

  test('nobody left is not enough: the table is looked at before it is told', () => {
    const unseen = observed(draining(CONFIG), { count: NONE_LEFT, table: null });
    assert.deepEqual([unseen.steps, unseen.isLookDue], [[], true]);
    const seen = observed(unseen.next, { count: NONE_LEFT, table: IN_PLACE });
    assert.deepEqual([events(seen.steps), seen.isLookDue], [['drained'], false]);
  });

  for (const table of [ABSENT, { table: 'unknown', problem: 'no' }, ALTERED] as const) {
    test(`a count from before the table was ${table.table} says nothing`, () => {
      const { steps } = observed(draining(CONFIG), { count: NONE_LEFT, table });
      assert.deepEqual([kinds(steps), events(steps)], [['apply-ruleset'], []]);
    });
  }

  test('at the deadline, nobody being left is looked into before the time-out is told', () => {
    const unseen = observed(draining(TIMEOUT), { count: NONE_LEFT, table: null }, TIMEOUT, 60_000);
    assert.deepEqual([unseen.steps, unseen.isLookDue], [[], true]);
    const seen = { count: NONE_LEFT, table: IN_PLACE };
    assert.deepEqual(events(observed(unseen.next, seen, TIMEOUT, 60_010).steps), ['drained']);
    const gone = observed(unseen.next, { count: NONE_LEFT, table: ABSENT }, TIMEOUT, 60_010);
    assert.deepEqual(events(gone.steps), ['drain-timeout']);
    assert.deepEqual(gone.steps[1], {
      kind: 'run-drained-hooks',
      outcome: 'timeout',
      connectionsLeft: null,
    });
  });

  const unfinished: [string, DrainCount | null][] = [
    ['some left', SOME_LEFT],
    ['zero only once', { left: 0, drained: false }],
    ['unknown', UNCOUNTED],
    ['not counted', null],
  ];
  for (const [name, count] of unfinished) {
    test(`${name}: nothing comes of it, however long it lasts`, () => {
      assert.deepEqual(observed(draining(CONFIG), { count, table: null }, CONFIG, 1e12).steps, []);
    });
  }

  for (const [name, count, left] of [
    ['some left', SOME_LEFT, 3],
    ['unknown', UNCOUNTED, null],
    ['not counted', null, null],
  ] as const) {
    test(`--drain-timeout with ${name}: timed out at the deadline, not before, and never drained after`, () => {
      const early = observed(draining(TIMEOUT), { count, table: null }, TIMEOUT, 59_999);
      assert.deepEqual(early.steps, []);
      const late = observed(early.next, { count, table: null }, TIMEOUT, 60_000);
      assert.deepEqual(late.steps[0], {
        kind: 'run-drained-hooks',
        outcome: 'timeout',
        connectionsLeft: left,
      });
      assert.deepEqual(events(late.steps), ['drain-timeout']);
      const ended = observed(late.next, { count: NONE_LEFT, table: IN_PLACE }, TIMEOUT, 70_000);
      assert.deepEqual([ended.steps, isDrained(ended.next, NONE_LEFT)], [[], false]);
    });
  }

  test('the next drain has an outcome of its own', () => {
    const complete = observed(draining(CONFIG), { count: NONE_LEFT, table: IN_PLACE }).next;
    const open = after(complete, known('running'), IN_PLACE).next;
    assert.equal(open.drain, null);
    const again = after(open, known('draining')).next;
    assert.deepEqual(events(observed(again, { count: NONE_LEFT, table: IN_PLACE }).steps), ['drained']);
  });
});

describe('a drain that was rehearsed', () => {
  const LEASE = { sinceWallMs: 5, untilWallMs: 9 };
  const leases: Lease[] = [
    { kind: 'simulation', state: 'draining', ...LEASE },
    { kind: 'override', verdict: 'closed', reason: 'maintenance', ...LEASE },
  ];
  for (const lease of leases) {
    test(`${lease.kind}: the real one that begins in it has its own deadline, outcome and scripts`, () => {
      const running = after(FRESH, known('running'), ABSENT, CLOSING).next;
      const begun = observed(running, { lease }, CLOSING).next;
      const overdue = observed(begun, { count: SOME_LEFT, table: IN_PLACE }, CLOSING, 60_000).next;
      assert.equal(overdue.drain?.outcome, 'timeout');
      const closing = { ...IN_PLACE, ruleset: { ...RULESET, closing: true } } as typeof IN_PLACE;
      const real = after(overdue, known('draining'), closing, CLOSING, 61_000);
      assert.deepEqual(real.next.drain?.sinceMonotonicMs, 61_000);
      const [apply] = real.steps;
      assert.equal(apply?.kind === 'apply-ruleset' && apply.ruleset.closing, false);
      const still = observed(real.next, { count: SOME_LEFT, table: IN_PLACE }, CLOSING, 120_999);
      assert.deepEqual(still.steps, []);
      const ended = observed(still.next, { lease: null, table: IN_PLACE }, CLOSING, 121_000);
      assert.deepEqual(events(ended.steps).at(-1), 'drain-timeout');
    });
  }

  test('a lease over a real drain is the same drain', () => {
    const complete = observed(draining(CONFIG), { count: NONE_LEFT, table: IN_PLACE }).next;
    const [lease] = leases;
    assert.ok(lease);
    const leased = observed(complete, { lease, count: NONE_LEFT, table: IN_PLACE }).next;
    const ended = observed(leased, { lease: null, count: NONE_LEFT, table: IN_PLACE });
    assert.equal(ended.next.drain?.outcome, 'complete');
    assert.deepEqual(kinds(ended.steps), []);
  });
});

describe('--on-drain-timeout close', () => {
  test('closes after the deadline and never before: one table, then the sockets', () => {
    const before = observed(draining(CLOSING), { count: SOME_LEFT, table: IN_PLACE }, CLOSING, 59_999);
    assert.deepEqual(before.steps, []);
    const { steps } = observed(before.next, { count: SOME_LEFT, table: IN_PLACE }, CLOSING, 60_000);
    assert.deepEqual(kinds(steps), ['apply-ruleset', 'close-connections', 'run-drained-hooks', 'record']);
    const [apply] = steps;
    assert.ok(apply?.kind === 'apply-ruleset');
    assert.deepEqual([apply.ruleset.closing, apply.restoring], [true, null]);
  });

  test('is done once: what is in place then is wanted', () => {
    const { next } = observed(draining(CLOSING), { count: SOME_LEFT, table: IN_PLACE }, CLOSING, 60_000);
    const closing = { ...IN_PLACE, ruleset: { ...RULESET, closing: true } } as typeof IN_PLACE;
    assert.deepEqual(observed(next, { count: SOME_LEFT, table: closing }, CLOSING, 61_000).steps, []);
  });

  test('a drain that is complete closes nothing', () => {
    const { next } = observed(draining(CLOSING), { count: NONE_LEFT, table: IN_PLACE }, CLOSING, 1_000);
    assert.deepEqual(observed(next, { table: IN_PLACE }, CLOSING, 70_000).steps, []);
  });

  test('keep leaves the table as it is', () => {
    const { steps } = observed(draining(TIMEOUT), { count: SOME_LEFT, table: IN_PLACE }, TIMEOUT, 60_000);
    assert.deepEqual(kinds(steps), ['run-drained-hooks', 'record']);
  });
});

describe('--refuse-delay', () => {
  const waiting = draining(DELAYED);

  test('the verdict stands at once, the table is put in after it', () => {
    assert.equal(waiting.drain?.sinceMonotonicMs, 0);
    assert.equal(waiting.adopted, false);
    assert.deepEqual(kinds(after(waiting, null, ABSENT, DELAYED, 9_999).steps), []);
    assert.deepEqual(kinds(after(waiting, null, ABSENT, DELAYED, 10_000).steps), ['apply-ruleset']);
    assert.equal(nextDueMs(waiting.drain, DELAYED, 0), 10_000);
  });

  test('a drain that ends within it never refuses anything', () => {
    assert.deepEqual(kinds(after(waiting, known('running'), ABSENT, DELAYED, 5_000).steps), [
      'run-hooks',
      'record',
    ]);
  });

  test('what is in place stays, also when the delay grows', () => {
    const closed = after(waiting, null, ABSENT, DELAYED, 10_000).next;
    const grown = { ...DELAYED, refuseDelayMs: 600_000 };
    assert.deepEqual(after(closed, null, IN_PLACE, grown, 11_000).steps, []);
    assert.deepEqual(kinds(after({ ...closed, adopted: false }, null, IN_PLACE, grown, 11_000).steps), [
      'apply-ruleset',
    ]);
    assert.deepEqual(kinds(after(closed, null, ABSENT, grown, 12_000).steps), ['apply-ruleset']);
  });

  const restarts: [string, number, string[]][] = [
    ['in the middle: the rest of it is waited for', 4_000, []],
    ['after it: refused at once', 10_000, ['apply-ruleset']],
  ];
  for (const [name, atMs, expected] of restarts) {
    // A clock that was set meanwhile brings no deadline nearer, and puts none off.
    for (const setByMs of [0, 86_400_000, -86_400_000]) {
      test(`a restart ${name}, the wall clock set by ${setByMs} ms`, () => {
        const adopted = adopt(recordedState(waiting), ABSENT);
        const wallMs = NOW.wallMs + atMs + setByMs;
        const nothing = { answer: null, signals: null, lease: null, count: null, table: ABSENT };
        const { steps } = plan(adopted, { ...nothing, monotonicMs: atMs, wallMs }, DELAYED);
        assert.deepEqual(kinds(steps), expected);
        assert.equal(nextDueMs(adopted.drain, DELAYED, atMs), expected.length > 0 ? null : 10_000);
      });
    }
  }
});

test('an outcome survives a restart: the scripts do not run again', () => {
  const complete = observed(draining(CONFIG), { count: NONE_LEFT, table: IN_PLACE }).next;
  const adopted = adopt(recordedState(complete), IN_PLACE);
  const again = observed(adopted, { count: NONE_LEFT, table: IN_PLACE });
  assert.deepEqual(kinds(again.steps), ['apply-ruleset']);
  assert.equal(isDrained(again.next, NONE_LEFT), true);
});
