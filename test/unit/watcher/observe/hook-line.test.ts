import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HookReport } from '../../../../src/watcher/hooks/hook-report.ts';
import { hookLine, unfinishedHooksLine } from '../../../../src/watcher/observe/hook-line.ts';

describe('words for scripts that did not run', () => {
  const cases: readonly (readonly [report: HookReport, level: string, message: string])[] = [
    [
      { kind: 'superseded', change: 't1', to: 'draining', by: 't2' },
      'warn',
      'scripts not begun: a newer state came first',
    ],
    [{ kind: 'not-begun', change: 't1', to: 'draining' }, 'warn', 'scripts not begun: the agent ends'],
    [
      { kind: 'given-up', change: 't1', to: 'draining', problem: 'EMFILE: too many open files' },
      'error',
      'scripts given up, those not yet run are not run: EMFILE: too many open files',
    ],
  ];
  for (const [report, level, message] of cases) {
    test(report.kind, () => {
      const line = hookLine(report);
      assert.deepEqual([line.level, line.message], [level, message]);
      assert.deepEqual([line.fields.event, line.fields.change], [`hook-${report.kind}`, 't1']);
    });
  }

  const left = { id: 't1', from: 'running', to: 'draining' };
  const unfinished: readonly (readonly [begun: boolean, event: string, message: string])[] = [
    [true, 'hook-interrupted', 'scripts of running -> draining were interrupted and are not repeated'],
    [
      false,
      'hook-not-begun',
      'scripts of running -> draining were not begun before the agent ended and are not run now',
    ],
  ];
  for (const [begun, event, message] of unfinished) {
    test(`at the next start: ${event}`, () => {
      assert.deepEqual(unfinishedHooksLine({ ...left, begun }), {
        level: 'warn',
        fields: { event, change: 't1' },
        message,
      });
    });
  }
});
