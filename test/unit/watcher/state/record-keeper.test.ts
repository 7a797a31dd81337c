import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordedState } from '../../../../src/watcher/domain/agent-state.ts';
import type { HookTransition } from '../../../../src/watcher/ports.ts';
import type { Record } from '../../../../src/watcher/state/record-file.ts';
import { RecordKeeper } from '../../../../src/watcher/state/record-keeper.ts';

const RUNNING: RecordedState = {
  instanceId: 'i-1',
  desired: 'open',
  reasons: [],
  instanceState: 'running',
  stateSinceWallMs: 1,
  drain: null,
  open: null,
  isTableLeased: false,
};
const DRAINING: RecordedState = { ...RUNNING, desired: 'refuse', instanceState: 'draining' };
const T1: HookTransition = {
  id: 't1',
  kind: 'state',
  isDraining: true,
  from: 'running',
  to: 'draining',
  env: { CS_REASON: 'not for the record' },
};
const T2: HookTransition = {
  id: 't2',
  kind: 'state',
  isDraining: false,
  from: 'draining',
  to: 'running',
  env: {},
};
const T3: HookTransition = {
  id: 't3',
  kind: 'state',
  isDraining: false,
  from: 'running',
  to: 'pending',
  env: {},
};

const keyOf = ({ id, to }: HookTransition) => ({ change: id, to });

interface Disk {
  readonly keeper: RecordKeeper;
  readonly writes: Record[];
  readonly troubles: (string | null)[];
  /** What a start after a crash would find: the state, and each change with how far its scripts came. */
  found(): readonly [state: string | null | undefined, hooks: string];
}

function disk(write: (record: Record) => void = () => {}): Disk {
  const writes: Record[] = [];
  const troubles: (string | null)[] = [];
  const file = {
    path: '/state/record.json',
    write: (record: Record): void => {
      write(record);
      writes.push(record);
    },
  };
  return {
    keeper: new RecordKeeper(file, RUNNING, (trouble) => troubles.push(trouble)),
    writes,
    troubles,
    found: () => {
      const last = writes.at(-1);
      const hooks = (last?.unfinishedHooks ?? []).map(
        ({ id, begun }) => `${id} ${begun ? 'begun' : 'waits'}`,
      );
      return [last?.state.instanceState, hooks.join(', ')];
    },
  };
}

describe('the record of scripts', () => {
  test('one write has the state and the scripts it calls for, not begun', () => {
    const { keeper, writes, found } = disk();
    keeper.hooksSubmitted(T1);
    assert.deepEqual(writes, []);
    keeper.save(DRAINING);
    assert.deepEqual(writes, [
      { state: DRAINING, unfinishedHooks: [{ id: 't1', from: 'running', to: 'draining', begun: false }] },
    ]);
    assert.deepEqual(found(), ['draining', 't1 waits']);
  });

  test('follows them to their end', () => {
    const { keeper, found } = disk();
    keeper.hooksSubmitted(T1);
    keeper.save(DRAINING);
    keeper.hooksBegan(T1);
    assert.deepEqual(found(), ['draining', 't1 begun']);
    keeper.hooksEnded(keyOf(T1));
    assert.deepEqual(found(), ['draining', '']);
  });

  test('has the one that runs and the one that waits, whichever ends', () => {
    const { keeper, found } = disk();
    keeper.hooksSubmitted(T1);
    keeper.hooksBegan(T1);
    keeper.hooksSubmitted(T2);
    keeper.save(RUNNING);
    assert.deepEqual(found(), ['running', 't1 begun, t2 waits']);
    keeper.hooksEnded(keyOf(T1));
    assert.deepEqual(found(), ['running', 't2 waits']);
    keeper.hooksBegan(T2);
    assert.deepEqual(found(), ['running', 't2 begun']);
  });

  test('forgets the superseded one in the write that has the newer one', () => {
    const { keeper, writes, found } = disk();
    keeper.hooksSubmitted(T1);
    keeper.hooksBegan(T1);
    keeper.hooksSubmitted(T2);
    keeper.save(RUNNING);
    const before = writes.length;
    keeper.hooksSubmitted(T3);
    keeper.hooksSuperseded(keyOf(T2));
    keeper.save({ ...RUNNING, instanceState: 'pending' });
    assert.equal(writes.length, before + 1);
    assert.deepEqual(found(), ['pending', 't1 begun, t3 waits']);
  });

  test("tells a change's scripts from those of its drained/", () => {
    const { keeper, found } = disk();
    keeper.hooksSubmitted(T1);
    keeper.hooksBegan(T1);
    keeper.hooksSubmitted({ ...T1, kind: 'drained', from: 'draining', to: 'drained' });
    keeper.hooksEnded(keyOf(T1));
    assert.deepEqual(found(), [RUNNING.instanceState, 't1 waits']);
  });

  test('starts with none: saving the state once clears what an earlier agent left', () => {
    const { keeper, writes } = disk();
    keeper.save(RUNNING);
    assert.deepEqual(writes, [{ state: RUNNING, unfinishedHooks: [] }]);
  });

  test('refused by the disk: told with what that means, and nothing is thrown', () => {
    let isFull = true;
    const { keeper, troubles, found } = disk(() => {
      if (isFull) throw new Error('ENOSPC: no space left on device');
    });
    keeper.hooksSubmitted(T1);
    keeper.save(DRAINING);
    assert.deepEqual(troubles, [
      '/state/record.json cannot be written, scripts run all the same: a restart may repeat them or forget a drain: ENOSPC: no space left on device',
    ]);
    isFull = false;
    keeper.hooksBegan(T1);
    assert.equal(troubles.at(-1), null);
    assert.deepEqual(found(), ['draining', 't1 begun']);
  });

  test('refused by the disk: written again by itself until the disk takes it', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let refusals = 2;
    const { keeper, writes, troubles, found } = disk(() => {
      refusals -= 1;
      if (refusals >= 0) throw new Error('EROFS: read-only file system');
    });
    keeper.save(DRAINING);
    t.mock.timers.tick(1_000);
    assert.deepEqual([writes.length, troubles.at(-1) === null], [0, false]);
    t.mock.timers.tick(1_000);
    assert.deepEqual([writes.length, troubles.at(-1), found()], [1, null, ['draining', '']]);
    t.mock.timers.tick(10_000);
    assert.equal(writes.length, 1, 'once is enough');
  });
});
