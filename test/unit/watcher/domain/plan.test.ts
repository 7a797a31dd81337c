// The decision table of one cycle: when to refuse, and what not knowing means, row by row.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState, RecordedState } from '../../../../src/watcher/domain/agent-state.ts';
import type { Answer, KnownAnswer } from '../../../../src/watcher/domain/answer.ts';
import type { TableObservation } from '../../../../src/watcher/domain/desired-firewall.ts';
import { isUninformed } from '../../../../src/watcher/domain/hear.ts';
import type { PlanConfig } from '../../../../src/watcher/domain/plan.ts';
import {
  ABSENT,
  after,
  CONFIG,
  events,
  FRESH,
  IN_PLACE,
  kinds,
  known,
  ORPHAN,
  refusing,
  RULESET,
  UNKNOWN,
} from './cycle.ts';

describe('what a known answer asks of the firewall', () => {
  const excluded = { 'clonesquad:excluded': 'True' };
  const forcedIn = { ...excluded, 'clonesquad:force-excluded-instance-in-targetgroups': 'true' };
  const rows: [string, KnownAnswer, Partial<PlanConfig>, 'refuse' | 'open' | 'undetermined'][] = [
    ['draining', known('draining'), {}, 'refuse'],
    ['stopping goes on with the drain', known('stopping'), {}, 'refuse'],
    ['running', known('running'), {}, 'open'],
    ['pending', known('pending'), {}, 'open'],
    ['bounced', known('bounced'), {}, 'open'],
    ['error', known('error'), {}, 'open'],
    ['stopped', known('stopped'), {}, 'open'],
    ["D0's excluded gives no verdict", known('excluded'), {}, 'undetermined'],
    ['an unlisted state gives no verdict', known('quarantined'), {}, 'undetermined'],
    ['a path gives no verdict', known('../../x'), {}, 'undetermined'],
    ['Draining is not draining', known('Draining'), {}, 'undetermined'],
    ['excluded by tag while running', known('running', { tags: excluded }), {}, 'refuse'],
    ['excluded by tag in an unlisted state', known('quarantined', { tags: excluded }), {}, 'refuse'],
    [
      'a tag value of 1 does not count',
      known('running', { tags: { 'clonesquad:excluded': '1' } }),
      {},
      'open',
    ],
    ['excluded but forced in', known('running', { tags: forcedIn }), {}, 'open'],
    ['main fleet with target groups', known('draining', { targetGroups: 2 }), {}, 'open'],
    ['the same, forced', known('draining', { targetGroups: 2 }), { force: true }, 'refuse'],
    [
      'subfleet with target groups',
      known('draining', { targetGroups: 2, subfleetName: 'blue' }),
      {},
      'refuse',
    ],
    ['main fleet without target groups', known('draining', { targetGroups: 0 }), {}, 'refuse'],
    ['--instance-state draining', known('running'), { instanceState: 'draining' }, 'refuse'],
    ['--instance-state running', known('draining'), { instanceState: 'running' }, 'open'],
  ];
  for (const [name, answer, config, desired] of rows) {
    test(name, () => {
      assert.equal(after(FRESH, answer, ABSENT, { ...CONFIG, ...config }).next.desired, desired);
    });
  }
});

describe('not knowing never changes the firewall', () => {
  const unknowns: Answer[] = [
    UNKNOWN,
    { kind: 'unknown', class: 'http-5xx', message: 'HTTP 500' },
    { kind: 'unknown', class: 'not-json', message: 'HTML' },
    { kind: 'no-information', message: 'No information for instance id' },
    known('quarantined'),
    known('x'.repeat(1_000_000)),
  ];
  for (const answer of unknowns) {
    const name = `${answer.kind} ${answer.kind === 'unknown' ? answer.class : ''}`;
    test(`${name}: a drain goes on`, () => {
      const result = after(refusing(), answer, IN_PLACE);
      assert.equal(result.next.desired, 'refuse');
      assert.deepEqual(
        kinds(result.steps).filter((kind) => kind.endsWith('-ruleset')),
        [],
      );
    });
    test(`${name}: open stays open`, () => {
      const result = after(after(FRESH, known('running')).next, answer);
      assert.equal(result.next.desired, 'open');
      assert.deepEqual(
        kinds(result.steps).filter((kind) => kind.endsWith('-ruleset')),
        [],
      );
    });
  }

  test('known to be outside any group opens', () => {
    const result = after(refusing(), { kind: 'not-managed', message: 'no tag' }, IN_PLACE);
    assert.deepEqual(kinds(result.steps), ['remove-ruleset', 'record']);
  });

  test('a hold is told once at its start, once for each new cause, once at its end with how long', () => {
    let result = after(refusing(), UNKNOWN, IN_PLACE, CONFIG, 1_000);
    assert.deepEqual(events(result.steps), ['hold-began']);
    result = after(result.next, UNKNOWN, IN_PLACE, CONFIG, 2_000);
    assert.deepEqual(events(result.steps), []);
    result = after(
      result.next,
      { kind: 'unknown', class: 'not-json', message: 'HTML' },
      IN_PLACE,
      CONFIG,
      3_000,
    );
    assert.deepEqual(events(result.steps), ['hold-cause']);
    result = after(result.next, UNKNOWN, IN_PLACE, CONFIG, 4_000);
    assert.deepEqual(events(result.steps), []);
    result = after(result.next, known('draining'), IN_PLACE, CONFIG, 5_000);
    assert.deepEqual(result.steps, [
      { kind: 'announce', announcement: { event: 'hold-ended', lastedMs: 4_000 } },
    ]);
  });

  test('without --max-hold a hold never ends by itself', () => {
    const held = after(refusing(), UNKNOWN, IN_PLACE);
    assert.equal(after(held.next, UNKNOWN, IN_PLACE, CONFIG, 1e12).next.desired, 'refuse');
  });

  test('--max-hold opens after it, once, and a known answer closes again', () => {
    const config = { ...CONFIG, maxHoldMs: 60_000 };
    let result = after(refusing(), UNKNOWN, IN_PLACE, config, 0);
    result = after(result.next, UNKNOWN, IN_PLACE, config, 59_999);
    assert.equal(result.next.desired, 'refuse');
    result = after(result.next, null, IN_PLACE, config, 60_000);
    assert.deepEqual(
      [kinds(result.steps), events(result.steps)],
      [['remove-ruleset', 'record'], ['hold-expired']],
    );
    result = after(result.next, UNKNOWN, ABSENT, config, 70_000);
    assert.deepEqual(result.steps, []);
    result = after(result.next, known('draining'), ABSENT, config, 80_000);
    assert.deepEqual(kinds(result.steps), ['apply-ruleset', 'record']);
  });

  test('ten polls without information are called degraded', () => {
    let state = refusing();
    for (let poll = 1; poll <= 10; poll++) {
      assert.equal(isUninformed(state), false);
      state = after(state, { kind: 'no-information', message: 'none' }, IN_PLACE).next;
    }
    assert.equal(isUninformed(state), true);
    assert.equal(isUninformed(after(state, known('running'), IN_PLACE).next), false);
  });
});

describe('the table found against the table desired', () => {
  const altered: TableObservation = {
    ...IN_PLACE,
    ruleset: null,
    difference: 'rule 1 of chain prerouting',
  } as TableObservation;
  const otherPorts = {
    ...IN_PLACE,
    ruleset: { ...RULESET, ports: [{ first: 81, last: 81 }] },
  } as TableObservation;
  const rows: [string, AgentState, TableObservation, PlanConfig, string[]][] = [
    ['in place', refusing(), IN_PLACE, CONFIG, []],
    ['gone', refusing(), ABSENT, CONFIG, ['apply-ruleset']],
    ['altered', refusing(), altered, CONFIG, ['apply-ruleset']],
    ['other ports', refusing(), otherPorts, CONFIG, ['apply-ruleset']],
    ['an orphan is taken over', refusing(), ORPHAN, CONFIG, ['apply-ruleset']],
    [
      'a plain table is held by nobody',
      refusing(),
      { ...ORPHAN, ownership: 'plain' } as TableObservation,
      CONFIG,
      [],
    ],
    [
      'open removes ours',
      { ...refusing(), desired: 'open', drain: null },
      altered,
      CONFIG,
      ['remove-ruleset'],
    ],
    [
      "open leaves someone else's",
      { ...refusing(), desired: 'open', drain: null },
      { table: 'foreign' },
      CONFIG,
      [],
    ],
    [
      'open leaves what cannot be read',
      { ...refusing(), desired: 'open', drain: null },
      { table: 'unknown', problem: '' },
      CONFIG,
      [],
    ],
    ['nothing known leaves a table', FRESH, ORPHAN, CONFIG, []],
    ['no ports: no table', refusing(), IN_PLACE, { ...CONFIG, ruleset: null }, ['remove-ruleset']],
    [
      'not yet adopted: applied once more',
      { ...refusing(), adopted: false },
      IN_PLACE,
      CONFIG,
      ['apply-ruleset'],
    ],
  ];
  for (const [name, state, table, config, expected] of rows) {
    test(name, () => assert.deepEqual(kinds(after(state, null, table, config).steps), expected));
  }

  test('a restoration says what was found, a first installation does not', () => {
    const restored = after(refusing(), null, ABSENT).steps[0];
    assert.equal(restored?.kind === 'apply-ruleset' && restored.restoring, 'the table was gone');
    const first = after(FRESH, known('draining')).steps[0];
    assert.equal(first?.kind === 'apply-ruleset' && first.restoring, null);
    // It is applied to be sure of it; that somebody took it away is not known.
    const unread = after(refusing(), null, { table: 'unknown', problem: 'no buffer space' }).steps[0];
    assert.equal(unread?.kind === 'apply-ruleset' && unread.restoring, null);
  });

  test('a plan repeated on what it achieved has no steps', () => {
    assert.deepEqual(after(refusing(), known('draining'), IN_PLACE).steps, []);
  });
});

describe('transitions for the operator', () => {
  test('the first state known runs nothing: no record, no transition', () => {
    assert.deepEqual(kinds(after(FRESH, known('draining')).steps), ['apply-ruleset', 'record']);
  });

  test('--run-scripts-at-start makes the first one come from unknown', () => {
    const steps = after(FRESH, known('draining'), ABSENT, { ...CONFIG, runScriptsAtStart: true }).steps;
    const hooks = steps.find((step) => step.kind === 'run-hooks');
    assert.deepEqual([hooks?.from, hooks?.to], ['unknown', 'draining']);
  });

  test('firewall first, then the scripts are submitted, then one record has the state and them', () => {
    const running = after(FRESH, known('running')).next;
    assert.deepEqual(kinds(after(running, known('draining')).steps), [
      'apply-ruleset',
      'run-hooks',
      'record',
    ]);
  });

  test('an unlisted, well-formed state runs scripts; a malformed one leaves no trace', () => {
    const running = after(FRESH, known('running')).next;
    const hooks = after(running, known('excluded')).steps.find((step) => step.kind === 'run-hooks');
    assert.deepEqual([hooks?.from, hooks?.to], ['running', 'excluded']);
    for (const hostile of ['../../x', '', 'a b', 'X', '%s', 'x'.repeat(65), '.']) {
      const result = after(running, known(hostile));
      assert.deepEqual(kinds(result.steps), []);
      assert.equal(result.next.instanceState, 'running');
      assert.deepEqual(events(result.steps), ['hold-began']);
    }
  });

  test('left to target groups: no scripts, the reason told once', () => {
    const running = after(FRESH, known('running', { targetGroups: 1 }));
    assert.deepEqual(events(running.steps), ['state-changed', 'open']);
    const draining = after(running.next, known('draining', { targetGroups: 1 }));
    assert.deepEqual([kinds(draining.steps), events(draining.steps)], [['record'], ['state-changed']]);
  });

  test('--instance-state is what scripts see too', () => {
    const running = after(FRESH, known('running')).next;
    const steps = after(running, known('running'), ABSENT, { ...CONFIG, instanceState: 'draining' }).steps;
    assert.equal(steps.find((step) => step.kind === 'run-hooks')?.to, 'draining');
  });

  test('a record of another instance is no record', () => {
    const running = after(FRESH, known('running')).next;
    const steps = after(running, known('draining', { instanceId: 'i-2' })).steps;
    assert.equal(
      steps.some((step) => step.kind === 'run-hooks'),
      false,
    );
  });
});

describe('starting', () => {
  const drained: RecordedState = {
    instanceId: 'i-1',
    desired: 'refuse',
    reasons: [{ source: 'state', detail: 'draining', sinceWallMs: 1 }],
    instanceState: 'draining',
    stateSinceWallMs: 1,
    drain: { sinceWallMs: 1, sinceMonotonicMs: 0, outcome: null },
    open: null,
    isTableLeased: false,
  };
  const rows: [string, RecordedState | null, TableObservation, string[]][] = [
    ['same boot, orphan found: taken over', drained, ORPHAN, ['apply-ruleset']],
    ['same boot, table gone: restored', drained, ABSENT, ['apply-ruleset']],
    ['new boot, nothing found: nothing', null, ABSENT, []],
    ['new boot, a saved table found: left until the first answer', null, ORPHAN, []],
    ['same boot, record open, table found: held', { ...drained, desired: 'open' }, ORPHAN, ['apply-ruleset']],
    ['same boot, record open, nothing found: nothing', { ...drained, desired: 'open' }, ABSENT, []],
  ];
  for (const [name, record, table, expected] of rows) {
    test(name, () => {
      const steps = after(adopt(record, table), null, table).steps;
      assert.deepEqual(
        kinds(steps).filter((kind) => kind.endsWith('-ruleset')),
        expected,
      );
    });
  }

  test('a saved table goes with the first answer, and stays while there is none', () => {
    const start = adopt(null, ORPHAN);
    const unanswered = after(start, UNKNOWN, ORPHAN);
    assert.deepEqual(kinds(unanswered.steps), []);
    assert.deepEqual(kinds(after(unanswered.next, known('running'), ORPHAN).steps), [
      'remove-ruleset',
      'record',
    ]);
  });

  test('the same state as recorded runs no scripts again', () => {
    const steps = after(adopt(drained, ORPHAN), known('draining'), ORPHAN).steps;
    assert.equal(
      steps.some((step) => step.kind === 'run-hooks'),
      false,
    );
  });
});
