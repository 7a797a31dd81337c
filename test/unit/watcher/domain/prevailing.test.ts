// The API's verdict, the other sources and a lease, laid over one another: who decides, what scripts are told, what stays.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import type { TableObservation } from '../../../../src/watcher/domain/desired-firewall.ts';
import type { Lease } from '../../../../src/watcher/domain/lease.ts';
import { recordedState } from '../../../../src/watcher/domain/plan.ts';
import { prevailing } from '../../../../src/watcher/domain/prevailing.ts';
import type { SignalReadings } from '../../../../src/watcher/domain/signals.ts';
import type { Announcement, Step } from '../../../../src/watcher/domain/step.ts';
import { ABSENT, after, CONFIG, events, FRESH, IN_PLACE, kinds, known, observed, UNKNOWN } from './cycle.ts';

const RUNNING = after(FRESH, known('running')).next;
const DRAINING = after(RUNNING, known('draining')).next;
const CLOSED: Lease = {
  kind: 'override',
  verdict: 'closed',
  reason: 'maintenance',
  sinceWallMs: 5,
  untilWallMs: 9,
};
const OPEN: Lease = { ...CLOSED, verdict: 'open', reason: 'the API is wrong' };
const SIMULATED: Lease = { kind: 'simulation', state: 'draining', sinceWallMs: 5, untilWallMs: 9 };
const SPOT: SignalReadings = { 'spot-interruption': { kind: 'drains', detail: 'terminate at noon' } };
const CLEAR: SignalReadings = { 'spot-interruption': { kind: 'clear' } };

function announced(steps: readonly Step[], event: Announcement['event']): Announcement | undefined {
  const found = steps.find((step) => step.kind === 'announce' && step.announcement.event === event);
  return found?.kind === 'announce' ? found.announcement : undefined;
}

function hooks(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.kind === 'run-hooks' ? [`${step.from}->${step.to}`] : []));
}

function sources(state: AgentState): string[] {
  return prevailing(state).reasons.map(({ source }) => source);
}

describe('an override', () => {
  test('closed: refuses alone, runs no scripts, and opens again at its end', () => {
    const closed = observed(RUNNING, { lease: CLOSED });
    assert.deepEqual(
      [kinds(closed.steps), events(closed.steps)],
      [['apply-ruleset', 'record'], ['lease-began']],
    );
    assert.deepEqual(after(closed.next, known('running'), IN_PLACE).steps, []);
    const ended = observed(closed.next, { lease: null, table: IN_PLACE });
    assert.deepEqual(kinds(ended.steps), ['remove-ruleset', 'record']);
    assert.deepEqual(events(ended.steps), ['lease-ended', 'open']);
  });

  test('open: opens a drain, which goes on when it ends; the reasons are listed all along', () => {
    const open = observed(DRAINING, { lease: OPEN, table: IN_PLACE });
    assert.deepEqual(kinds(open.steps), ['remove-ruleset', 'record']);
    assert.deepEqual([prevailing(open.next).desired, sources(open.next)], ['open', ['state']]);
    const ended = observed(open.next, { lease: null });
    assert.deepEqual(
      [kinds(ended.steps), events(ended.steps)],
      [
        ['apply-ruleset', 'record'],
        ['lease-ended', 'refusing'],
      ],
    );
  });

  test('scripts follow the API under it', () => {
    const open = observed(RUNNING, { lease: OPEN }).next;
    const draining = after(open, known('draining'));
    assert.deepEqual(hooks(draining.steps), ['running->draining']);
    assert.equal(prevailing(draining.next).desired, 'open');
  });

  test('before anything is known: closes, and what it closed opens', () => {
    const closed = observed(FRESH, { lease: CLOSED });
    assert.deepEqual(kinds(closed.steps), ['apply-ruleset', 'record']);
    assert.deepEqual(kinds(observed(closed.next, { lease: null, table: IN_PLACE }).steps), [
      'remove-ruleset',
      'record',
    ]);
  });

  test('before anything is known: what could not be opened at its end is opened later', () => {
    const closed = observed(FRESH, { lease: CLOSED }).next;
    // A reload in the same moment, or a kernel that refused once: this process does not stand behind the table any more.
    const ended = observed({ ...closed, adopted: false }, { lease: null, table: IN_PLACE }).next;
    assert.deepEqual(kinds(observed(ended, { table: IN_PLACE }).steps), ['remove-ruleset']);
  });

  const restarts: [string, AgentState, Lease, TableObservation, string][] = [
    ['closed, dead with its agent: opened at the next start', RUNNING, CLOSED, IN_PLACE, 'remove-ruleset'],
    ['closed before anything was known: opened too', FRESH, CLOSED, IN_PLACE, 'remove-ruleset'],
    ['closed over a drain: the drain goes on', DRAINING, CLOSED, IN_PLACE, 'apply-ruleset'],
    ['open over a drain: the drain goes on', DRAINING, OPEN, ABSENT, 'apply-ruleset'],
  ];
  for (const [name, state, lease, table, expected] of restarts) {
    test(name, () => {
      const leased = observed(state, { lease }).next;
      const start = adopt(recordedState(leased), table);
      const done = kinds(observed(start, { table }).steps).filter((kind) => kind !== 'record');
      assert.deepEqual(done, [expected]);
    });
  }
});

describe('a record of another instance', () => {
  const record = recordedState(DRAINING);
  const adopted = adopt({ ...record, instanceId: 'i-old' }, IN_PLACE);

  test('is forgotten as soon as the context says which instance this is, and the ports stay as they are', () => {
    const seen = observed(adopted, { answer: UNKNOWN, instanceId: 'i-1', table: IN_PLACE });
    const { instanceId, instanceState, shownState } = seen.next;
    assert.deepEqual([instanceId, instanceState, shownState], ['i-1', null, null]);
    assert.equal(prevailing(seen.next).desired, 'refuse');
    assert.deepEqual(hooks(seen.steps), []);
    const simulated = observed(adopted, { lease: SIMULATED, instanceId: 'i-1', table: IN_PLACE });
    assert.deepEqual(hooks(simulated.steps), ['unknown->draining']);
  });

  test('stays while that is not known, and when it is the same', () => {
    for (const instanceId of [null, 'i-old'])
      assert.equal(observed(adopted, { instanceId, table: IN_PLACE }).next.shownState, 'draining');
  });
});

describe('a simulation', () => {
  test('does what the state would do, scripts included, and undoes it at its end', () => {
    const begun = observed(RUNNING, { lease: SIMULATED });
    assert.deepEqual(kinds(begun.steps), ['apply-ruleset', 'run-hooks', 'record']);
    assert.deepEqual(hooks(begun.steps), ['running->draining']);
    assert.deepEqual(sources(begun.next), ['simulation']);
    const still = after(begun.next, known('running'), IN_PLACE);
    assert.deepEqual(still.steps, []);
    const ended = observed(still.next, { lease: null, table: IN_PLACE });
    assert.deepEqual(
      [kinds(ended.steps), hooks(ended.steps)],
      [['remove-ruleset', 'run-hooks', 'record'], ['draining->running']],
    );
  });

  test('is told to have begun and ended before what follows from it, which is told to be simulated', () => {
    const begun = observed(RUNNING, { lease: SIMULATED });
    assert.deepEqual(events(begun.steps), ['lease-began', 'state-changed', 'refusing']);
    assert.deepEqual(announced(begun.steps, 'state-changed'), {
      event: 'state-changed',
      from: 'running',
      to: 'draining',
      isSimulated: true,
    });
    const ended = observed(begun.next, { lease: null, leaseEnd: 'released', table: IN_PLACE });
    assert.deepEqual(events(ended.steps).slice(0, 2), ['lease-ended', 'state-changed']);
    assert.deepEqual(announced(ended.steps, 'lease-ended'), {
      event: 'lease-ended',
      lease: SIMULATED,
      why: 'released',
    });
    assert.deepEqual(announced(ended.steps, 'state-changed'), {
      event: 'state-changed',
      from: 'draining',
      to: 'running',
    });
  });

  test('a real drain that began meanwhile goes on without another transition', () => {
    const begun = observed(RUNNING, { lease: SIMULATED }).next;
    const real = after(begun, known('draining'), IN_PLACE).next;
    const ended = observed(real, { lease: null, table: IN_PLACE });
    assert.deepEqual(hooks(ended.steps), []);
    assert.equal(prevailing(ended.next).desired, 'refuse');
  });

  test('an agent that dies in it opens at its next start, and runs the scripts of the state that is', () => {
    const begun = observed(RUNNING, { lease: SIMULATED }).next;
    const start = adopt(recordedState(begun), IN_PLACE);
    const opened = observed(start, { table: IN_PLACE });
    assert.equal(kinds(opened.steps)[0], 'remove-ruleset');
    assert.deepEqual(hooks(after(opened.next, known('running')).steps), ['draining->running']);
  });

  test('runs scripts where nothing was known before', () => {
    assert.deepEqual(hooks(observed(FRESH, { lease: SIMULATED }).steps), ['unknown->draining']);
  });

  test('where nothing was known before, scripts hear how it ends once something is', () => {
    const begun = observed(FRESH, { lease: SIMULATED }).next;
    const ended = observed(begun, { lease: null, table: IN_PLACE });
    assert.deepEqual([kinds(ended.steps), hooks(ended.steps)], [['remove-ruleset', 'record'], []]);
    assert.deepEqual(hooks(after(ended.next, known('running')).steps), ['draining->running']);
  });

  test('an instance that is left to AWS is left to it', () => {
    const left = after(FRESH, known('running', { targetGroups: 2 })).next;
    const begun = observed(left, { lease: SIMULATED });
    assert.deepEqual([prevailing(begun.next).desired, hooks(begun.steps)], ['open', []]);
  });
});

describe('other reasons to drain', () => {
  const clear = observed(RUNNING, { signals: CLEAR }).next;
  const begun = observed(clear, { signals: SPOT });

  test('one alone drains under the name of draining', () => {
    assert.deepEqual(hooks(begun.steps), ['running->draining']);
    assert.deepEqual(kinds(begun.steps), ['apply-ruleset', 'run-hooks', 'record']);
    assert.deepEqual(sources(begun.next), ['spot-interruption']);
  });

  test('the first to begin is primary, all are listed, and the drain ends when none holds', () => {
    const both = after(begun.next, known('draining'), IN_PLACE, CONFIG, 10);
    assert.deepEqual(sources(both.next), ['spot-interruption', 'state']);
    assert.deepEqual(hooks(both.steps), []);
    const one = observed(both.next, { signals: CLEAR, table: IN_PLACE });
    assert.deepEqual(sources(one.next), ['state']);
    assert.equal(prevailing(one.next).desired, 'refuse');
    const none = after(one.next, known('running'), IN_PLACE);
    assert.deepEqual(
      [kinds(none.steps), hooks(none.steps)],
      [['remove-ruleset', 'run-hooks', 'record'], ['draining->running']],
    );
  });

  test("CloneSquad's own name of the state stays", () => {
    const stopping = after(DRAINING, known('stopping'), IN_PLACE).next;
    const signalled = observed(stopping, { signals: SPOT, table: IN_PLACE });
    assert.deepEqual([hooks(signalled.steps), prevailing(signalled.next).instanceState], [[], 'stopping']);
  });

  test('not knowing holds, for each source by itself', () => {
    const unknown: SignalReadings = { 'spot-interruption': { kind: 'unknown', reason: 'silent' } };
    assert.deepEqual(observed(begun.next, { signals: unknown, table: IN_PLACE }).steps, []);
    assert.deepEqual(observed(clear, { signals: unknown }).steps, []);
    const apiSilent = after(begun.next, UNKNOWN, IN_PLACE);
    assert.equal(prevailing(apiSilent.next).desired, 'refuse');
    assert.deepEqual(kinds(observed(apiSilent.next, { signals: CLEAR, table: IN_PLACE }).steps), [
      'remove-ruleset',
      'run-hooks',
      'record',
    ]);
  });

  test('one that ends before the API is heard opens what it closed', () => {
    const alone = observed(observed(FRESH, { signals: CLEAR }).next, { signals: SPOT });
    assert.deepEqual(hooks(alone.steps), ['unknown->draining']);
    const over = observed({ ...alone.next, adopted: false }, { signals: CLEAR, table: IN_PLACE });
    assert.deepEqual(kinds(over.steps), ['remove-ruleset', 'record']);
    assert.deepEqual(hooks(after(over.next, known('running')).steps), ['draining->running']);
  });

  test("what the API's silence means is told as it is, where another source or a lease has the say", () => {
    const config = { ...CONFIG, maxHoldMs: 60_000 };
    const stands = (state: AgentState, atMs: number): unknown[] =>
      after(state, UNKNOWN, IN_PLACE, config, atMs).steps.flatMap((step) =>
        step.kind === 'announce' && 'desired' in step.announcement
          ? [[step.announcement.event, step.announcement.desired]]
          : [],
      );
    assert.deepEqual(stands(begun.next, 0), [['hold-began', 'refuse']]);
    assert.deepEqual(stands(observed(RUNNING, { lease: CLOSED }).next, 0), [['hold-began', 'refuse']]);
    const both = observed(DRAINING, { signals: SPOT, table: IN_PLACE }).next;
    const held = after(both, UNKNOWN, IN_PLACE, config, 0).next;
    assert.deepEqual(stands(held, 60_000), [['hold-expired', 'refuse']]);
  });

  test('left to AWS is left to it also when the API has been silent for longer than --max-hold', () => {
    const config = { ...CONFIG, maxHoldMs: 60_000 };
    const left = after(FRESH, known('running', { targetGroups: 2 }), ABSENT, config).next;
    const silent = after(left, UNKNOWN, ABSENT, config).next;
    const expired = after(silent, UNKNOWN, ABSENT, config, 60_000).next;
    const signalled = observed(expired, { signals: SPOT }, config, 61_000);
    assert.equal(prevailing(signalled.next).desired, 'open');
  });

  test('left to AWS is left to it also after a restart, before the API is heard, and that is told again', () => {
    const answer = known('running', { targetGroups: 2 });
    const left = observed(after(FRESH, answer).next, { signals: SPOT }).next;
    const start = observed(adopt(recordedState(left), ABSENT), {});
    assert.deepEqual([prevailing(start.next).desired, start.steps], ['open', []]);
    assert.deepEqual(events(after(start.next, answer).steps), ['state-confirmed', 'open']);
  });

  test('one more reason within --refuse-delay says how long is left of it', () => {
    const config = { ...CONFIG, refuseDelayMs: 10_000 };
    const running = after(FRESH, known('running'), ABSENT, config).next;
    const waiting = after(running, known('draining'), ABSENT, config).next;
    const { steps } = observed(waiting, { signals: SPOT }, config, 4_000);
    const told = steps.flatMap((step) => (step.kind === 'announce' ? [step.announcement] : []));
    assert.deepEqual(
      told.map((one) => one.event === 'refusing' && one.inMs),
      [6_000],
    );
  });

  test('a source no longer asked for is forgotten', () => {
    assert.equal(kinds(observed(begun.next, { signals: {}, table: IN_PLACE }).steps)[0], 'remove-ruleset');
  });

  test('it survives a restart', () => {
    const start = adopt(recordedState(begun.next), ABSENT);
    assert.deepEqual([prevailing(start).desired, sources(start)], ['refuse', ['spot-interruption']]);
    assert.equal(start.desired, 'open');
  });

  test('drains an instance that CloneSquad does not manage, and not one that is left to AWS', () => {
    const unmanaged = after(FRESH, { kind: 'not-managed', message: 'no tag' }).next;
    const begins = observed(observed(unmanaged, { signals: CLEAR }).next, { signals: SPOT });
    assert.deepEqual(
      [prevailing(begins.next).desired, hooks(begins.steps)],
      ['refuse', ['unknown->draining']],
    );
    const left = after(FRESH, known('running', { targetGroups: 2 })).next;
    assert.equal(prevailing(observed(left, { signals: SPOT }).next).desired, 'open');
  });
});
