import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeFirewall, FakeKernel } from '../../../../src/firewall/fake-firewall.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import { answerStatus } from '../../../../src/watcher/observe/status-answer.ts';
import type { Reading } from '../../../../src/watcher/observe/status-board.ts';
import type { StatusDocument } from '../../../../src/watcher/observe/status-document.ts';
import {
  agentState,
  CONFIG,
  counted,
  drainingState,
  newBoard,
  NOW_MS,
  poll,
  reading,
  RULESET,
  schemaProblems,
  summary,
  table,
  holdSince,
} from './status-facts.ts';

const OVERRIDE = {
  kind: 'override',
  verdict: 'open',
  reason: 'a test',
  sinceWallMs: NOW_MS - 1_000,
  untilWallMs: NOW_MS + 600_000,
} as const;

function status(state: AgentState, more: Partial<Reading> = {}): StatusDocument {
  const { board } = newBoard();
  board.settled(summary(state));
  board.polled(poll());
  return board.document(reading(more));
}

describe('the condition', () => {
  const cases: readonly (readonly [
    what: string,
    expected: StatusDocument['condition'],
    document: StatusDocument,
  ])[] = [
    ['nothing known yet', 'open', newBoard().board.document(reading())],
    ['running', 'open', status(agentState())],
    ['draining', 'draining', status(drainingState(), { look: table(), count: counted(3, 1) })],
    [
      'draining before --refuse-delay is over',
      'draining',
      status(drainingState(), { config: { ...CONFIG, refuseDelayMs: 300_000 } }),
    ],
    ['draining without ports', 'draining', status(drainingState(), { config: { ...CONFIG, ports: [] } })],
    [
      'a table found at a start, before the first answer',
      'draining',
      newBoard().board.document(reading({ look: table() })),
    ],
    ['drained', 'drained', status(drainingState(drained()), { look: table() })],
    [
      'drained, and somebody who is never refused came since',
      'draining',
      status(drainingState(drained()), { look: table(), count: counted(1, 0) }),
    ],
    [
      'drained, and the count is not known now',
      'draining',
      status(drainingState(drained()), { look: table(), count: { known: false, reason: 'EPERM' } }),
    ],
    ['an override opens', 'open', status(drainingState({ lease: OVERRIDE, drain: null }))],
  ];
  for (const [what, expected, document] of cases) {
    test(what, () => {
      assert.equal(document.condition, expected);
      assert.deepEqual(schemaProblems(document), []);
    });
  }

  test('a trouble makes it degraded, whatever else it is, until it is over', () => {
    const { board, clock } = newBoard();
    board.settled(summary(drainingState()));
    board.degraded('firewall', 'EPERM');
    clock.nowMs += 5_000;
    board.degraded('firewall', 'ENOBUFS');
    const document = board.document(reading());
    assert.equal(document.condition, 'degraded');
    assert.deepEqual(document.troubles, [
      { part: 'firewall', problem: 'ENOBUFS', since: '2026-11-22T03:00:00.000Z' },
    ]);
    assert.deepEqual(schemaProblems(document), []);
    board.degraded('firewall', null);
    assert.equal(board.document(reading()).condition, 'draining');
  });

  test('an API that knows nothing of this instance is a trouble too', () => {
    const { board } = newBoard();
    board.settled(summary(agentState(), { degraded: ['the API has no information'] }));
    const { condition, troubles } = board.document(reading());
    assert.deepEqual(
      [condition, troubles],
      [
        'degraded',
        [{ part: 'API', problem: 'the API has no information', since: '2026-11-22T03:00:00.000Z' }],
      ],
    );
  });
});

describe('where the state was learned', () => {
  const signal = { kind: 'drains', detail: 'stop', sinceWallMs: NOW_MS, sawBegin: true } as const;
  const simulation = {
    kind: 'simulation',
    state: 'draining',
    sinceWallMs: NOW_MS,
    untilWallMs: NOW_MS + 1,
  } as const;
  const cases: readonly (readonly [expected: string | null, document: StatusDocument])[] = [
    ['api.example', status(agentState())],
    [
      'given.example:8443',
      status(agentState(), {
        source: { apiUrl: null, group: null, region: null, instanceId: null, contextAgeMs: null },
        config: { ...CONFIG, apiUrl: 'https://given.example:8443/v1/' },
      }),
    ],
    ['--instance-state', status(agentState(), { config: { ...CONFIG, instanceState: 'running' } })],
    ['the record of a former run', status(drainingState({ heard: false }))],
    ['spot-interruption', status(agentState({ signals: { 'spot-interruption': signal } }))],
    ['api.example', status(drainingState({ signals: { 'spot-interruption': signal } }))],
    ['a simulation', status(agentState({ lease: simulation }))],
    [null, newBoard().board.document(reading())],
  ];
  for (const [expected, { instance }] of cases)
    test(String(expected), () => assert.equal(instance.learnedFrom, expected));
});

describe('the kernel has the last word', () => {
  const cases: readonly (readonly [
    what: string,
    look: Reading['look'],
    expected: Partial<StatusDocument['firewall']>,
  ])[] = [
    ['no table', { table: 'absent' }, { refusing: false, table: 'absent', ownership: null, problem: null }],
    ['our table', table(), { refusing: true, table: 'ours', ownership: 'owned', problem: null }],
    [
      'an altered table',
      table({ ruleset: null, difference: 'a rule too many', refused: null }),
      { refusing: null, table: 'ours', problem: 'a rule too many' },
    ],
    [
      "someone else's table",
      { table: 'foreign', comment: null },
      { refusing: false, table: 'foreign', problem: 'a table of this name stands there that is not ours' },
    ],
    [
      'a table that cannot be read',
      { table: 'unknown', problem: 'inspect: EPERM' },
      { refusing: null, table: 'unknown', problem: 'inspect: EPERM' },
    ],
    [
      'a table of another process',
      table({ holder: 'other' }),
      { refusing: true, problem: 'another process owns the table' },
    ],
    ['a closing table', table({ ruleset: { ...RULESET, closing: true } }), { refusing: true, closing: true }],
  ];
  for (const [what, look, expected] of cases) {
    test(what, () => {
      // Whatever the agent believes.
      for (const state of [agentState(), drainingState()]) {
        const document = status(state, { look });
        const shown = Object.fromEntries(
          Object.keys(expected).map((key) => [key, document.firewall[key as keyof typeof document.firewall]]),
        );
        assert.deepEqual(shown, expected);
        assert.deepEqual(schemaProblems(document), []);
      }
    });
  }

  test('refused SYNs and connections stand with their range, those of the table in place', () => {
    const ports = [{ first: 443, last: 443 }];
    const document = status(drainingState(), {
      look: table({ ruleset: { ...RULESET, ports }, refused: [7] }),
      count: { known: true, perRange: [5], total: 5, idle: 2 },
    });
    assert.deepEqual(document.firewall.ports, [{ range: '443', refused: 7, connections: 5, trend: null }]);
    assert.deepEqual([document.connections.total, document.connections.idle], [5, 2]);
  });

  test('without counters and without a count, null is said and no zero', () => {
    const document = status(drainingState(), {
      look: table({ refused: null }),
      count: { known: false, reason: 'no conntrack' },
    });
    assert.deepEqual(document.firewall.ports[0], {
      range: '80',
      refused: null,
      connections: null,
      trend: null,
    });
    assert.deepEqual(document.connections, {
      total: null,
      idle: null,
      trend: null,
      trendSeconds: null,
      problem: 'no conntrack',
    });
    assert.deepEqual(schemaProblems(document), []);
  });
});

describe('drain, lease and polls', () => {
  test('a drain that has not begun to refuse, and its time', () => {
    const config = { ...CONFIG, refuseDelayMs: 230_000, drainTimeoutMs: 600_000 };
    assert.deepEqual(status(drainingState(), { config }).drain, {
      since: '2026-11-22T02:56:40.000Z',
      refusesAt: '2026-11-22T03:00:30.000Z',
      timesOutAt: '2026-11-22T03:06:40.000Z',
      outcome: null,
    });
  });

  test('one that has come to its outcome has no time left', () => {
    const config = { ...CONFIG, drainTimeoutMs: 100_000 };
    const { drain } = status(drainingState(drained('timeout')), { look: table(), config });
    assert.deepEqual([drain?.outcome, drain?.timesOutAt, drain?.refusesAt], ['timeout', null, null]);
  });

  test('a lease', () => {
    const document = status(drainingState({ lease: OVERRIDE, drain: null }));
    assert.deepEqual(document.lease, {
      kind: 'override',
      verdict: 'open',
      state: null,
      reason: 'a test',
      holder: null,
      since: '2026-11-22T02:59:59.000Z',
      until: '2026-11-22T03:10:00.000Z',
    });
    assert.deepEqual(schemaProblems(document), []);
  });

  test('polls, and a hold', () => {
    const { board } = newBoard();
    const hold = holdSince(NOW_MS - 30_000, 'ECONNREFUSED');
    board.settled(summary(agentState({ hold })));
    board.polled(poll({ answer: { kind: 'unknown', class: 'transport', message: 'ECONNREFUSED' } }));
    const document = board.document(reading());
    assert.deepEqual(document.polls, {
      periodSeconds: 10,
      lastAt: '2026-11-22T02:59:58.000Z',
      lastSeconds: 0.123,
      lastResult: 'ECONNREFUSED',
      nextAt: '2026-11-22T03:00:08.000Z',
      hold: { since: '2026-11-22T02:59:30.000Z', class: 'transport', message: 'ECONNREFUSED' },
    });
    assert.equal(document.condition, 'open');
    assert.deepEqual(document.context, { apiUrl: 'https://api.example/v1/', ageSeconds: 61 });
    assert.deepEqual(schemaProblems(document), []);
  });

  test('a table that was put back is counted', () => {
    const { board } = newBoard();
    board.tableInstalled(RULESET, null);
    board.tableInstalled(RULESET, 'the table was gone');
    assert.equal(board.document(reading()).firewall.restorations, 1);
  });
});

describe('counting', () => {
  test('what a drain counts makes the trend, per range', () => {
    const { board, clock } = newBoard();
    board.tableInstalled(RULESET, null);
    for (const [first, second] of [
      [9, 3],
      [6, 4],
    ]) {
      board.connections(counted(first!, second!), RULESET.ports);
      clock.nowMs += 7_000;
    }
    const document = board.document(reading({ look: table(), count: counted(6, 4) }));
    assert.deepEqual(
      document.firewall.ports.map(({ trend }) => trend),
      [-3, 1],
    );
    assert.deepEqual([document.connections.trend, document.connections.trendSeconds], [-2, 7]);
    assert.deepEqual(schemaProblems(document), []);
  });

  test('a count of other ports is forgotten, also one that was under way when they changed', () => {
    const { board, clock } = newBoard();
    const others = [
      { first: 1, last: 1 },
      { first: 2, last: 2 },
    ];
    board.tableInstalled({ ...RULESET, ports: others }, null);
    board.connections(counted(8, 8), RULESET.ports);
    assert.equal(board.recentCount(others, 1_000), null);
    clock.nowMs += 6_000;
    board.connections(counted(1, 1), others);
    assert.deepEqual(board.recentCount(others, 1_000), counted(1, 1));
    assert.equal(board.document(reading()).connections.trend, null);
  });

  test('an answer takes what the drain has just counted, and counts itself otherwise', async () => {
    const kernel = new FakeKernel();
    const firewall = new FakeFirewall(kernel);
    let counts = 0;
    const counting = {
      inspect: () => firewall.inspect(),
      connections: () => {
        counts += 1;
        return Promise.resolve(counted(counts, 0));
      },
    };
    const { board, clock } = newBoard();
    const source = { describe: () => reading().source };
    const ask = () =>
      answerStatus({ board, firewall: counting, current: () => ({ config: CONFIG, source }) });
    assert.equal((await ask()).connections.total, 1);
    clock.nowMs += 10_000;
    const second = await ask();
    assert.deepEqual([second.connections.total, second.connections.trend, counts], [2, 1, 2]);
    await firewall.apply(RULESET);
    board.tableInstalled(RULESET, null);
    board.connections(counted(40, 2), RULESET.ports);
    const third = await ask();
    assert.deepEqual([third.connections.total, third.firewall.refusing, counts], [42, true, 2]);
    kernel.permitted = false;
    clock.nowMs += 10_000;
    const fourth = await ask();
    assert.deepEqual([fourth.firewall.refusing, fourth.firewall.table], [null, 'unknown']);
  });

  test('a count that fails is an answer', async () => {
    const { board } = newBoard();
    const firewall = {
      inspect: () => Promise.reject(new Error('inspect: EPERM')),
      connections: () => Promise.reject(new Error('connections: EPERM')),
    };
    const source = { describe: () => reading().source };
    const document = await answerStatus({ board, firewall, current: () => ({ config: CONFIG, source }) });
    assert.equal(document.connections.problem, 'connections: EPERM');
    assert.equal(document.firewall.problem, 'inspect: EPERM');
    assert.deepEqual(schemaProblems(document), []);
  });
});

function drained(outcome: 'complete' | 'timeout' = 'complete'): Partial<AgentState> {
  return { drain: { sinceWallMs: NOW_MS - 200_000, sinceMonotonicMs: -200_000, outcome } };
}
