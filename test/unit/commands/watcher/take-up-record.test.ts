import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeUpRecord } from '../../../../src/commands/watcher/take-up-record.ts';
import { hostClock } from '../../../../src/watcher/clock.ts';
import type { Log } from '../../../../src/watcher/observe/log.ts';
import { LogReporter } from '../../../../src/watcher/observe/reporter.ts';
import type { RecordRead } from '../../../../src/watcher/state/record-file.ts';

const HOUR_MS = 3_600_000;

function draining(sinceMonotonicMs: number): RecordRead {
  const state = {
    instanceId: 'i-1',
    desired: 'refuse',
    reasons: [{ source: 'state', detail: 'draining', sinceWallMs: 1 }],
    open: null,
    instanceState: 'draining',
    stateSinceWallMs: 1,
    drain: { sinceWallMs: 1, sinceMonotonicMs, outcome: null },
    isTableLeased: false,
  } as const;
  return { record: { state, unfinishedHooks: [] }, problem: null };
}

for (const [name, fromNowMs, desired, told] of [
  ['that began is gone on with', -1, 'refuse', []],
  [
    'that begins in the future is not believed: its ports would be open until then',
    HOUR_MS,
    'undetermined',
    ['/state/record.json tells of a drain that begins in the future, starting without it'],
  ],
] as const) {
  test(`a drain ${name}`, () => {
    const warnings: string[] = [];
    const ignore = (): void => {};
    const log: Log = {
      error: ignore,
      info: ignore,
      debug: ignore,
      warn: (_, text) => void warnings.push(text),
    };
    const file = {
      path: '/state/record.json',
      read: () => draining(hostClock.monotonicMs() + fromNowMs),
      write: ignore,
    };
    const { initial } = takeUpRecord(file, null, { table: 'absent' }, new LogReporter(log, ignore), log);
    assert.deepEqual([initial.desired, warnings], [desired, told]);
  });
}
