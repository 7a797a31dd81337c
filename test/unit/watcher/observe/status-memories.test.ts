// What the board remembers, each memory by itself: trends, scripts, errors.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HookReport } from '../../../../src/watcher/hooks/hook-report.ts';
import type { Log } from '../../../../src/watcher/observe/log.ts';
import type { StatusHooks } from '../../../../src/watcher/observe/status-document.ts';
import { RecentErrors, teeLog } from '../../../../src/watcher/observe/status-errors.ts';
import { HookRuns } from '../../../../src/watcher/observe/status-hooks.ts';
import { CountHistory } from '../../../../src/watcher/observe/status-trends.ts';
import { counted, NOW_MS } from './status-facts.ts';

const UNKNOWN = { known: false, reason: 'EPERM' } as const;

describe('the trend', () => {
  test('needs two counts', () => {
    const history = new CountHistory();
    assert.equal(history.trend(), null);
    history.add(counted(5, 5), 0);
    assert.equal(history.trend(), null);
    history.add(counted(4, 5), 1_000);
    assert.deepEqual(history.trend(), { total: -1, perRange: [-1, 0], overMs: 1_000 });
  });

  test('reaches back a minute at most, whoever asks how often', () => {
    const history = new CountHistory();
    for (let second = 0; second <= 600; second += 1) history.add(counted(1_000 - second, 0), second * 1_000);
    const trend = history.trend();
    assert.ok(trend !== null && trend.overMs <= 60_000 && trend.overMs >= 55_000, `${trend?.overMs}`);
    assert.equal(trend.total, -trend.overMs / 1_000);
  });

  test('is not known while the count is not, and goes on afterwards', () => {
    const history = new CountHistory();
    history.add(counted(5, 0), 0);
    history.add(UNKNOWN, 1_000);
    assert.equal(history.trend(), null);
    history.add(counted(2, 0), 2_000);
    assert.equal(history.trend()?.total, -3);
  });

  test('a count of long ago is no trend', () => {
    const history = new CountHistory();
    history.add(counted(5, 0), 0);
    history.add(counted(2, 0), 61_000);
    assert.equal(history.trend(), null);
  });

  test('the newest count, while it is young', () => {
    const history = new CountHistory();
    history.add(UNKNOWN, 1_000);
    assert.deepEqual(history.newest(2_000, 1_000), UNKNOWN);
    assert.equal(history.newest(2_001, 1_000), null);
  });
});

describe('scripts', () => {
  const about = { change: 'c1', to: 'draining' };
  const ended = { signal: null, durationMs: 1_234.5, timedOut: false, truncatedBytes: 0, problem: null };
  const script = '/etc/cs/draining/10-a';
  const finished = { kind: 'finished', ...about, script, ...ended } as const;
  const completed = {
    kind: 'completed',
    ...about,
    scripts: 1,
    refused: 0,
    failed: 0,
    interrupted: false,
  } as const;
  const cases: readonly (readonly [
    what: string,
    reports: readonly HookReport[],
    result: StatusHooks['result'],
    scripts: StatusHooks['scripts'],
  ])[] = [
    [
      'running',
      [
        { kind: 'started', ...about, script },
        { kind: 'line', ...about, script, stream: 'stdout', text: 'hello' },
      ],
      'running',
      [{ path: script, result: 'running', seconds: null }],
    ],
    [
      'done',
      [{ kind: 'started', ...about, script }, { ...finished, exit: 0 }, completed],
      'done',
      [{ path: script, result: 'exit status 0', seconds: 1.235 }],
    ],
    [
      'failed',
      [
        { ...finished, exit: 3 },
        { ...completed, failed: 1 },
      ],
      'failed',
      [{ path: script, result: 'exit status 3', seconds: 1.235 }],
    ],
    [
      'ran over its time',
      [
        { ...finished, exit: null, signal: 'SIGTERM', timedOut: true },
        { ...completed, failed: 1 },
      ],
      'failed',
      [{ path: script, result: 'ended by SIGTERM, it ran over --hook-timeout', seconds: 1.235 }],
    ],
    [
      'refused',
      [
        { kind: 'refused', ...about, path: script, problem: 'owned by uid 1000', remedy: 'chown root' },
        { ...completed, refused: 1 },
      ],
      'failed',
      [{ path: script, result: 'not run: owned by uid 1000', seconds: null }],
    ],
    ['none there', [{ ...completed, scripts: 0 }], 'none', []],
    ['no directory', [{ kind: 'no-directory', ...about }], 'none', []],
    ['superseded', [{ kind: 'superseded', ...about, by: 'c2' }], 'superseded', []],
    ['the agent ended', [{ ...completed, interrupted: true }], 'interrupted', []],
    ['not begun', [{ kind: 'not-begun', ...about }], 'interrupted', []],
    ['given up', [{ kind: 'given-up', ...about, problem: 'EMFILE' }], 'failed', []],
    [
      'given up while one ran',
      [
        { kind: 'started', ...about, script },
        { kind: 'given-up', ...about, problem: 'EMFILE' },
      ],
      'failed',
      [{ path: script, result: 'EMFILE', seconds: null }],
    ],
  ];
  for (const [what, reports, result, scripts] of cases) {
    test(what, () => {
      const runs = new HookRuns();
      for (const report of reports) runs.add(report, NOW_MS);
      assert.deepEqual(runs.list(), [{ ...about, at: '2026-11-22T03:00:00.000Z', result, scripts }]);
    });
  }

  test('ten changes are remembered, newest first, and a hundred scripts of each', () => {
    const runs = new HookRuns();
    for (let change = 0; change < 12; change += 1) {
      for (let i = 0; i < 120; i += 1)
        runs.add({ kind: 'started', change: `c${change}`, to: 'draining', script: `/s/${i}` }, NOW_MS);
    }
    const list = runs.list();
    assert.deepEqual([list.length, list[0]?.change, list[9]?.change], [10, 'c11', 'c2']);
    assert.equal(list[0]?.scripts.length, 100);
  });

  test('the scripts of a state and those of the outcome, of one change, are two', () => {
    const runs = new HookRuns();
    runs.add(completed, NOW_MS);
    runs.add({ ...completed, to: 'drained' }, NOW_MS);
    assert.deepEqual(
      runs.list().map(({ to }) => to),
      ['drained', 'draining'],
    );
  });
});

describe('errors', () => {
  test('warnings and errors go to both, the rest to the log alone', () => {
    const written: string[] = [];
    const write =
      (level: string) =>
      (_fields: object, message: string): void =>
        void written.push(`${level} ${message}`);
    const log: Log = {
      error: write('error'),
      warn: write('warn'),
      info: write('info'),
      debug: write('debug'),
    };
    const errors = new RecentErrors();
    const tee = teeLog(log, { logged: (...line) => errors.add(...line) }, () => NOW_MS);
    for (const level of ['debug', 'info', 'warn', 'error'] as const) tee[level]({}, `a ${level}`);
    assert.deepEqual(written, ['debug a debug', 'info a info', 'warn a warn', 'error a error']);
    assert.deepEqual(errors.list(), [
      { at: '2026-11-22T03:00:00.000Z', level: 'error', message: 'a error', over: false },
      { at: '2026-11-22T03:00:00.000Z', level: 'warn', message: 'a warn', over: false },
    ]);
  });

  test('ten are remembered, none longer than it must be', () => {
    const errors = new RecentErrors();
    for (let i = 0; i < 15; i += 1) errors.add('error', `${i}${'x'.repeat(600)}`, NOW_MS, {});
    const list = errors.list();
    assert.deepEqual([list.length, list[0]?.message.slice(0, 3)], [10, '14x']);
    assert.equal(list[0]?.message.length, 503);
  });
});
