// Read, change, write back, with others at it too.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeItem } from '../../../../../src/interaction/server/fleet/change-item.ts';
import { openStore } from '../operations/make-call.ts';

it('loses no change of many at once', async (test) => {
  const { state } = await openStore(test);
  const counts = await Promise.all(
    Array.from({ length: 40 }, () =>
      changeItem(state, 'count', (item) => {
        const next = Number(item?.value ?? 0) + 1;
        return { change: { value: String(next) }, result: next };
      }),
    ),
  );
  assert.equal((await state.get('count'))?.value, '40');
  assert.deepEqual(
    counts.toSorted((a, b) => a - b),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
});

it('writes nothing without a change', async (test) => {
  const { state } = await openStore(test);
  assert.equal(await changeItem(state, 'key', () => ({ change: null, result: 'seen' })), 'seen');
  assert.equal(await state.get('key'), null);
});

it('gives up on a table that never takes the change', async (test) => {
  const { state } = await openStore(test);
  const never = { ...state, writeIf: async () => false };
  await assert.rejects(
    changeItem(never, 'key', () => ({ change: { value: 'x' }, result: null })),
    { name: 'StoreError', message: 'item key was changed by others at each of 100 attempts' },
  );
});
