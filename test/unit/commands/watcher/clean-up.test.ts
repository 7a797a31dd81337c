import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endDrainOnRecord, withRemedy } from '../../../../src/commands/watcher/clean-up.ts';
import type { RecordedState } from '../../../../src/watcher/domain/agent-state.ts';
import type { Record } from '../../../../src/watcher/state/record-file.ts';

const UNFINISHED = [{ id: 't1', from: 'running', to: 'draining', begun: true }];

function recordOf(desired: RecordedState['desired']): Record {
  const reasons =
    desired === 'refuse' ? [{ source: 'state' as const, detail: 'draining', sinceWallMs: 1 }] : [];
  const drain = desired === 'refuse' ? { sinceWallMs: 1, sinceMonotonicMs: 1, outcome: null } : null;
  const known = { instanceId: 'i-1', instanceState: 'draining', stateSinceWallMs: 1 };
  const state = { ...known, desired, reasons, drain, open: null, isTableLeased: false };
  return { state, unfinishedHooks: UNFINISHED };
}

function fileOf(record: Record | null, write: (record: Record) => void) {
  return { path: '/state/record.json', read: () => ({ record, problem: null }), write };
}

describe('the drain on record', () => {
  test('ends, and all else stays', () => {
    const written: Record[] = [];
    assert.equal(endDrainOnRecord(fileOf(recordOf('refuse'), (record) => written.push(record))), true);
    assert.deepEqual(written, [recordOf('open')]);
  });

  test('ends too where another source than the API asked for it', () => {
    const { state } = recordOf('refuse');
    const written: Record[] = [];
    const spot = { state: { ...state, desired: 'open' as const }, unfinishedHooks: UNFINISHED };
    assert.equal(endDrainOnRecord(fileOf(spot, (record) => written.push(record))), true);
    assert.deepEqual(written, [recordOf('open')]);
  });

  for (const record of [recordOf('open'), recordOf('undetermined'), null]) {
    test(`nothing is written without one: ${record?.state.desired ?? 'no record'}`, () => {
      assert.equal(endDrainOnRecord(fileOf(record, () => assert.fail('written'))), false);
    });
  }

  test('that cannot be ended says what follows', () => {
    const file = fileOf(recordOf('refuse'), () => {
      throw new Error('EROFS: read-only file system');
    });
    assert.throws(() => endDrainOnRecord(file), {
      message:
        '/state/record.json cannot be written, the next start of the agent closes the ports again: EROFS: read-only file system',
    });
  });
});

test('an ordinary user is told to be root, root is not', () => {
  assert.equal(withRemedy('Permission denied', 1000), 'Permission denied; run it as root');
  assert.equal(withRemedy('Permission denied', 0), 'Permission denied');
});
