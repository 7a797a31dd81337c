import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { downStatus } from '../../../../src/commands/watcher/status-down.ts';
import { headline } from '../../../../src/commands/watcher/status-headline.ts';
import { statusScreen } from '../../../../src/commands/watcher/status-screen.ts';
import { atMost, duration, timeOfDay, wrapped } from '../../../../src/commands/watcher/status-text.ts';
import type { StatusDocument } from '../../../../src/watcher/observe/status-document.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import type { TableLook } from '../../../../src/firewall/look.ts';
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
} from '../../../unit/watcher/observe/status-facts.ts';

/** A drain on record. */
const RECORDED = {
  instanceId: 'i-0ab',
  desired: 'refuse',
  reasons: [{ source: 'state', detail: 'draining', sinceWallMs: NOW_MS }],
  instanceState: 'draining',
  stateSinceWallMs: NOW_MS,
  drain: { sinceWallMs: NOW_MS, sinceMonotonicMs: 0, outcome: null },
  open: null,
  isTableLeased: false,
} as const;

const PLAIN = { width: 80, colours: false };

function draining(more: Partial<Parameters<typeof reading>[0]> = {}): StatusDocument {
  const { board, clock } = newBoard();
  board.settled(summary(drainingState()));
  board.polled(poll());
  board.tableInstalled(RULESET, null);
  board.connections(counted(15, 2), RULESET.ports);
  clock.nowMs += 57_000;
  board.connections(counted(10, 2), RULESET.ports);
  return board.document(reading({ look: table(), count: counted(10, 2), ...more }));
}

function down(look: TableLook, more: Partial<Parameters<typeof downStatus>[0]> = {}): StatusDocument {
  return downStatus({
    version: '1.2.3',
    wallMs: NOW_MS,
    kernel: { look, count: counted(2, 1), trend: null },
    configured: CONFIG,
    record: { record: null, problem: null },
    silence: null,
    pid: null,
    isRoot: true,
    ...more,
  });
}

const FORBIDDEN = {
  sinceMonotonicMs: 0,
  sinceWallMs: NOW_MS - 600_000,
  class: 'forbidden',
  classes: ['transport', 'forbidden'],
  message: 'status 403: Forbidden',
  noInformationPolls: 0,
  expired: false,
};

/** With --on-drain-timeout close, after the deadline. */
function timedOut(left: number): StatusDocument {
  const { board } = newBoard();
  const drain = { sinceWallMs: NOW_MS, sinceMonotonicMs: 0, outcome: 'timeout' } as const;
  board.settled(summary(drainingState({ drain })));
  const look = table({ ruleset: { ...RULESET, closing: true } });
  return board.document(reading({ look, count: counted(left, 0) }));
}

function ignorant(state: AgentState, look: TableLook = { table: 'absent' }): StatusDocument {
  const { board } = newBoard();
  board.settled(summary(state));
  return board.document(reading({ look, count: counted(3, 0) }));
}

describe('the first line', () => {
  const later = { ...CONFIG, refuseDelayMs: 290_000 };
  const open = newBoard().board.document(reading({ count: counted(3, 0) }));
  const cases: readonly (readonly [document: StatusDocument, expected: string])[] = [
    [draining(), 'new connections to 80 8000-8010 are refused; 12 left (-5 in the last minute)'],
    [
      draining({ count: { known: false, reason: 'EPERM' } }),
      'new connections to 80 8000-8010 are refused; what is left cannot be counted',
    ],
    [
      draining({ look: { table: 'absent' } }),
      'new connections to 80 8000-8010 are NOT refused; 12 open (-5 in the last minute)',
    ],
    [
      draining({ look: { table: 'unknown', problem: 'EPERM' } }),
      'whether new connections are refused is not known; 12 open (-5 in the last minute)',
    ],
    [
      draining({ look: { table: 'absent' }, config: later, count: counted(1, 0) }),
      'new connections to 80 8000-8010 are refused from 03:01:30Z (in 33 s); 1 open (-5 in the last minute)',
    ],
    [
      draining({ look: { table: 'absent' }, config: { ...CONFIG, ports: [] }, count: null }),
      'no ports are given, so no connection is refused: only scripts run',
    ],
    [
      draining({ look: table({ ruleset: { ...RULESET, closing: true } }) }),
      'new connections to 80 8000-8010 are refused; 12 left (-5 in the last minute); what is left is being closed',
    ],
    [
      timedOut(12),
      'new connections to 80 8000-8010 are refused; timed out (--drain-timeout); 12 left; what is left is being closed',
    ],
    [timedOut(0), 'new connections to 80 8000-8010 are refused; timed out (--drain-timeout); none left'],
    [
      ignorant(agentState({ instanceState: null, heard: false, hold: FORBIDDEN })),
      'new connections to 80 8000-8010 are accepted; 3 open; state not known (forbidden)',
    ],
    [
      ignorant(drainingState({ heard: false, hold: FORBIDDEN }), table()),
      'new connections to 80 8000-8010 are refused; 3 left; state not known (forbidden)',
    ],
    [ignorant(agentState({ hold: FORBIDDEN })), 'new connections to 80 8000-8010 are accepted; 3 open'],
    [open, 'new connections to 80 8000-8010 are accepted; 3 open'],
    [
      down(
        { table: 'absent' },
        {
          configured: { ...CONFIG, ports: [] },
          kernel: { look: { table: 'absent' }, count: null, trend: null },
          record: { record: { state: RECORDED, unfinishedHooks: [] }, problem: null },
        },
      ),
      'no agent runs here; new connections are accepted',
    ],
    [down({ table: 'absent' }), 'no agent runs here; new connections to 80 8000-8010 are accepted; 3 open'],
    [
      down(table({ holder: 'nobody' })),
      'no agent runs here; new connections to 80 8000-8010 are refused all the same; 3 left',
    ],
    [
      down(table({ holder: 'other' }), { silence: 'no answer within 3 s', pid: 4711 }),
      'the agent (pid 4711) does not answer: systemctl restart cs-instance-watcher; new connections to 80 8000-8010 are refused all the same; 3 left',
    ],
  ];
  for (const [document, expected] of cases) test(expected, () => assert.equal(headline(document), expected));
});

describe('the screen', () => {
  test('a usual drain, whole', () => {
    const lines = statusScreen(draining(), PLAIN);
    assert.deepEqual(lines, [
      'DRAINING  new connections to 80 8000-8010 are refused; 12 left (-5 in the last',
      '          minute)',
      '',
      'state     draining since 02:56:40Z (4 min ago), learned from api.example',
      'instance  i-0ab, group production, eu-west-1',
      'agent     cs-instance-watcher 1.2.3, pid 4711, up 57 s',
      'reasons   state draining, since 02:56:40Z (4 min ago)',
      'ports     range      SYNs refused  connections  change in the last minute',
      '          80                   12           10                         -5',
      '          8000-8010             0            2                          0',
      'table     in place, owned',
      'polls     every 10 s; last 59 s ago, took 123 ms: known; next in 0 s',
      'context   https://api.example/v1/, read 61 s ago',
    ]);
  });

  test('nothing from the network forges a line, moves the cursor or gets wider than the screen', () => {
    const { board, clock } = newBoard();
    const evil = `\x1b[2J\r\nOPEN \u202e ${'x'.repeat(300)}`;
    const hold = {
      sinceMonotonicMs: 0,
      sinceWallMs: NOW_MS,
      class: 'transport',
      classes: ['transport'],
      message: evil,
      noInformationPolls: 0,
      expired: false,
    };
    board.settled(summary(agentState({ instanceId: evil, hold })));
    board.polled(poll({ answer: { kind: 'unknown', class: 'transport', message: evil } }));
    board.degraded('firewall', evil);
    board.logged('warn', evil, clock.nowMs, {});
    board.hookReported({
      kind: 'started',
      change: 'c',
      to: 'draining',
      script: `/s/${evil}`,
    });
    const source = { apiUrl: null, group: evil, region: evil, instanceId: null, contextAgeMs: null };
    for (const width of [80, 40, 20]) {
      const lines = statusScreen(board.document(reading({ source })), { width, colours: false });
      for (const line of lines) {
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        assert.ok([...line].length <= width, line);
      }
    }
  });

  test('an API that is down is told once, above all else', () => {
    const { board } = newBoard();
    const hold = holdSince(NOW_MS - 600_000, 'connect ECONNREFUSED');
    board.settled(summary(agentState({ hold })));
    board.polled(poll({ answer: { kind: 'unknown', class: 'transport', message: 'connect ECONNREFUSED' } }));
    const lines = statusScreen(board.document(reading()), PLAIN);
    assert.equal(lines.filter((line) => line.includes('ECONNREFUSED')).length, 1);
    assert.match(
      lines[2] ?? '',
      /^hold {6}no verdict \(transport\) since 02:50:00Z \(10 min ago\), nothing changes:/,
    );
    assert.ok(lines.includes('polls     every 10 s; last 2 s ago, took 123 ms: no verdict; next in 8 s'));
  });

  test('a host with everything still fits 24 rows but for what it must say', () => {
    const ports = Array.from({ length: 40 }, (_, i) => ({ first: 100 + 2 * i, last: 100 + 2 * i }));
    const document = draining({
      look: table({ ruleset: { ...RULESET, ports }, refused: ports.map(() => 1) }),
      count: { known: true, perRange: ports.map(() => 1), total: 40, idle: 3 },
    });
    const lines = statusScreen(document, PLAIN);
    assert.ok(lines.length <= 24, lines.join('\n'));
    assert.ok(lines.includes('          and 32 more (--json)'));
    assert.ok(lines.includes('counted   without 3 idle for over an hour'));
  });

  test('colours only where they are asked for', () => {
    assert.ok(!statusScreen(draining(), PLAIN).join('').includes('\x1b'));
    const [first] = statusScreen(draining(), { width: 80, colours: true });
    assert.ok(first?.startsWith('\x1b[1;33mDRAINING\x1b[0m  new'), JSON.stringify(first));
  });
});

describe('the rows', () => {
  test('the id of the change, for the log', () => {
    const { board } = newBoard();
    const shown = (): string | undefined =>
      statusScreen(board.document(reading()), PLAIN).find((line) => line.startsWith('change'));
    board.changeBegan('0b9c');
    board.announce({ event: 'hold-began', class: 'transport', message: 'silence', desired: 'open' });
    assert.equal(shown(), undefined, 'there is nothing to find');
    board.announce({ event: 'state-changed', from: 'running', to: 'draining' });
    assert.equal(shown(), 'change    0b9c (grep the log for it)');
  });

  test('scripts with how they ended, and the path of one that was not run', () => {
    const { board } = newBoard();
    const about = { change: 'c', to: 'draining' };
    const ended = { signal: null, timedOut: false, truncatedBytes: 0, problem: null };
    const finished = { kind: 'finished', ...about, ...ended } as const;
    board.hookReported({ ...finished, script: '/s/draining/10-a', exit: 0, durationMs: 38 });
    board.hookReported({ ...finished, script: '/s/draining/20-b', exit: 3, durationMs: 1_250 });
    board.hookReported({
      kind: 'refused',
      ...about,
      path: '/s/draining/30-c',
      problem: 'is writable by others',
      remedy: 'chmod go-w /s/draining/30-c',
    });
    const row = statusScreen(board.document(reading()), { width: 200, colours: false }).find((line) =>
      line.startsWith('scripts'),
    );
    assert.equal(
      row,
      'scripts   draining 03:00:00Z (just now): running: 10-a exit status 0 (38 ms), 20-b exit status 3 (1.3 s), /s/draining/30-c not run: is writable by others',
    );
  });

  test('warnings stand there until the log says that they are over', () => {
    const { board } = newBoard();
    const lease = {
      kind: 'override',
      verdict: 'open',
      reason: 'a test',
      sinceWallMs: NOW_MS,
      untilWallMs: NOW_MS + 1,
    } as const;
    const shown = (): string[] =>
      statusScreen(board.document(reading()), PLAIN).filter((line) => /\b(warn|error) /.test(line));
    board.logged('warn', 'a lease', NOW_MS, { event: 'lease-began' });
    board.logged('error', 'the table', NOW_MS, { event: 'degraded', part: 'table' });
    board.logged('error', 'the lock', NOW_MS, { event: 'degraded', part: 'lock' });
    board.logged('warn', 'a hold', NOW_MS, { event: 'hold-cause' });
    board.logged('warn', 'for good', NOW_MS, { event: 'record-ignored' });
    assert.equal(shown().length, 3);
    board.announce({ event: 'lease-ended', lease, why: null });
    board.announce({ event: 'hold-ended', lastedMs: 1 });
    board.degraded('table', null);
    assert.deepEqual(shown(), ['warnings  03:00:00Z warn for good', '          03:00:00Z error the lock']);
    assert.deepEqual(schemaProblems(board.document(reading())), []);
    assert.equal(board.document(reading()).errors.filter(({ over }) => over).length, 3);
  });
});

describe('without an agent', () => {
  test('the record of this boot is told as such', () => {
    const unfinishedHooks = [{ id: 'c1', from: 'running', to: 'draining', begun: true }];
    const document = down(table(), {
      record: { record: { state: RECORDED, unfinishedHooks }, problem: null },
    });
    assert.deepEqual(schemaProblems(document), []);
    assert.deepEqual(
      [document.instance.state, document.instance.learnedFrom],
      ['draining', 'the record of this boot'],
    );
    assert.deepEqual(document.hooks, [
      { change: 'c1', to: 'draining', at: null, result: 'interrupted', scripts: [] },
    ]);
    assert.ok(statusScreen(document, PLAIN).some((line) => line.includes('cs-instance-watcher cleanup')));
  });

  test('an agent that does not answer is to be restarted: neither a second one nor cleanup would act', () => {
    const document = down(table({ holder: 'other' }), { silence: 'no answer within 3 s', pid: 4711 });
    assert.deepEqual([document.agent, document.condition, document.pid], ['unresponsive', 'down', 4711]);
    assert.deepEqual(schemaProblems(document), []);
    const text = statusScreen(document, PLAIN).join('\n');
    assert.match(text, /^to do {5}systemctl restart cs-instance-watcher \(pid 4711\); a table stays/m);
    assert.doesNotMatch(text, /cleanup|another process/);
  });

  test('a record that cannot be used is trouble', () => {
    const document = down({ table: 'absent' }, { record: { record: null, problem: 'not a record' } });
    assert.deepEqual(
      document.troubles.map(({ part, problem }) => [part, problem]),
      [['record', 'not a record']],
    );
    assert.deepEqual(schemaProblems(document), []);
  });

  test('an ordinary user is told once what only root may see', () => {
    const document = down(
      { table: 'unknown', problem: 'inspect: EPERM' },
      { record: { record: null, problem: 'EACCES' }, isRoot: false },
    );
    assert.deepEqual(
      document.troubles.map(({ part, problem }) => [part, problem]),
      [['rights', 'only root may read the drain table and the record of this boot: run it as root']],
    );
  });
});

describe('text', () => {
  const wraps: readonly (readonly [text: string, width: number, lines: string[]])[] = [
    ['', 10, ['']],
    ['one two three', 7, ['one two', 'three']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['a abcdefghij b', 4, ['a', 'abcd', 'efgh', 'ij b']],
    ['tab\there', 80, ['tab\\u0009here']],
  ];
  for (const [text, width, lines] of wraps)
    test(`${JSON.stringify(text)} in ${width}`, () => assert.deepEqual(wrapped(text, width), lines));

  test('what is left out is told', () => {
    assert.deepEqual(atMost(['one', 'two', 'three'], 2, 5), ['one', 'tw...']);
    assert.deepEqual(atMost(['one', 'two'], 2, 5), ['one', 'two']);
  });

  const durations: readonly (readonly [seconds: number, expected: string])[] = [
    [0, '0 s'],
    [99, '99 s'],
    [101, '2 min'],
    [3_600, '60 min'],
    [7_200, '2 h'],
    [7_500, '2 h 5 min'],
    [172_800, '2 d'],
    [183_600, '2 d 3 h'],
  ];
  for (const [seconds, expected] of durations)
    test(`${seconds} s`, () => assert.equal(duration(seconds), expected));

  test('the date stands only where it is another', () => {
    assert.equal(timeOfDay('2026-11-22T02:00:00.000Z', '2026-11-22T03:00:00.000Z'), '02:00:00Z');
    assert.equal(timeOfDay('2026-11-21T02:00:00.000Z', '2026-11-22T03:00:00.000Z'), '2026-11-21 02:00:00Z');
  });
});
