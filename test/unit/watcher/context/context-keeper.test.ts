import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ContextKeeper } from '../../../../src/watcher/context/context-keeper.ts';
import type { InstanceContext, Resolution } from '../../../../src/watcher/context/instance-context.ts';
import type { Recollection } from '../../../../src/watcher/context/trusted-cache.ts';

const CONTEXT: InstanceContext = {
  instanceId: 'i-1',
  region: 'eu-west-1',
  group: 'g',
  discovery: { version: 1 },
};
const NEWER: InstanceContext = { ...CONTEXT, discovery: { version: 2 } };
const READY: Resolution = { kind: 'ready', context: CONTEXT };
const OURS: Recollection = { kind: 'ours', context: CONTEXT };
const SILENT: Resolution & Recollection = { kind: 'unknown', message: 'IMDS is silent' };
const REFUSED: Resolution & Recollection = { kind: 'refused', message: 'no role' };
const UNTAGGED: Resolution = { kind: 'not-managed', message: 'no tag' };
const NEVER = new AbortController().signal;

/** A keeper over scripted resolutions and recollections (the last one repeats) and a clock set by hand. */
function keeper(script: Resolution[], cache: Recollection[] = [{ kind: 'none' }]) {
  const world = {
    nowMs: 0,
    resolved: 0,
    recalled: 0,
    learned: [] as InstanceContext[],
    failures: [] as string[],
    refreshedAtMs: [] as number[],
  };
  const subject = new ContextKeeper({
    recall: async () => {
      const next = cache[Math.min(world.recalled, cache.length - 1)] as Recollection;
      world.recalled++;
      return next;
    },
    resolve: async () => {
      const next = script[Math.min(world.resolved, script.length - 1)] as Resolution;
      world.resolved++;
      return next;
    },
    staleAfterMs: 300_000,
    recheckAfterMs: 300_000,
    confirmAfterMs: 10_000,
    refreshDeadlineMs: 1_000,
    monotonicMs: () => world.nowMs,
    learned: (context) => world.learned.push(context),
    refreshFailed: (message) => world.failures.push(message),
    refreshed: () => world.refreshedAtMs.push(world.nowMs),
  });
  const at = async (nowMs: number): Promise<Resolution> => {
    world.nowMs = nowMs;
    const resolution = await subject.current(NEVER);
    // A refresh runs beside the poll: let it end.
    await new Promise(setImmediate);
    return resolution;
  };
  return { world, at, subject };
}

describe('the context', () => {
  test('is learned once and served until stale', async () => {
    const { world, at } = keeper([READY]);
    assert.deepEqual(await at(0), READY);
    assert.deepEqual(await at(299_999), READY);
    assert.deepEqual([world.resolved, world.learned], [1, [CONTEXT]]);
  });

  test('is refreshed in the background once stale: the old one serves meanwhile', async () => {
    const { at } = keeper([READY, { kind: 'ready', context: NEWER }]);
    await at(0);
    assert.deepEqual(await at(300_000), READY);
    assert.deepEqual(await at(300_001), { kind: 'ready', context: NEWER });
  });

  test('is kept when the refresh fails, which is tried again no sooner than a period later', async () => {
    const { world, at } = keeper([READY, SILENT]);
    await at(0);
    for (const nowMs of [300_000, 304_000, 309_999]) assert.deepEqual(await at(nowMs), READY);
    assert.deepEqual([world.resolved, world.failures], [2, ['IMDS is silent']]);
    await at(310_000);
    assert.equal(world.resolved, 3);
  });

  test('tells once that it cannot be refreshed, and once that it can again', async () => {
    const { world, at } = keeper([READY, SILENT, SILENT, READY, READY, SILENT, READY]);
    for (const nowMs of [0, 300_000, 310_000, 320_000, 620_000, 920_000, 930_000]) await at(nowMs);
    assert.deepEqual(world.failures, ['IMDS is silent', 'IMDS is silent']);
    assert.deepEqual(world.refreshedAtMs, [320_000, 930_000]);
  });

  test('tells that it can be refreshed again also when nothing was left to serve meanwhile', async () => {
    const { world, at } = keeper([READY, UNTAGGED, UNTAGGED, READY]);
    for (const nowMs of [0, 300_000, 310_000, 320_000]) await at(nowMs);
    assert.deepEqual([world.failures, world.refreshedAtMs], [['no tag'], []]);
    assert.deepEqual(await at(610_000), READY);
    assert.deepEqual(world.refreshedAtMs, [610_000]);
  });

  test('from the disk serves at once and is refreshed behind the first poll', async () => {
    const { world, at } = keeper([{ kind: 'ready', context: NEWER }], [OURS]);
    assert.deepEqual(await at(0), READY);
    assert.equal(world.resolved, 1);
    assert.deepEqual(await at(1), { kind: 'ready', context: NEWER });
    assert.equal(world.recalled, 1);
  });

  test('from the disk, not known whose: asked about at each poll, and used once it is', async () => {
    const { world, at } = keeper([SILENT], [SILENT, SILENT, OURS]);
    assert.deepEqual(await at(0), SILENT);
    assert.deepEqual(await at(10_000), SILENT);
    assert.equal(world.resolved, 0, 'who cannot tell whose it is cannot tell the rest either');
    assert.deepEqual(await at(20_000), READY);
    assert.deepEqual([world.recalled, world.resolved], [3, 1]);
    assert.deepEqual(await at(30_000), READY, 'kept though it cannot be refreshed');
  });

  test('from the disk, another instance’s: dropped, and learned in the same poll', async () => {
    const { world, at } = keeper([SILENT, { kind: 'ready', context: NEWER }], [{ kind: 'none' }, OURS]);
    assert.deepEqual(await at(0), SILENT);
    assert.deepEqual(await at(10_000), { kind: 'ready', context: NEWER });
    assert.equal(world.recalled, 1);
  });

  test('from the disk, and definitely nobody to tell whose: asked about every 300 s only', async () => {
    const { world, at, subject } = keeper([SILENT], [REFUSED, REFUSED, OURS]);
    for (const nowMs of [0, 10_000, 299_999, 300_000]) assert.deepEqual(await at(nowMs), REFUSED);
    assert.equal(world.recalled, 2);
    subject.expire();
    assert.deepEqual(await at(300_001), READY);
  });

  test('not known for silence is asked for at every slot', async () => {
    const { world, at } = keeper([SILENT]);
    for (let nowMs = 0; nowMs < 50_000; nowMs += 10_000) assert.deepEqual(await at(nowMs), SILENT);
    assert.equal(world.resolved, 5);
  });

  test('definitely refused is asked for again every 300 s only', async () => {
    const { world, at } = keeper([REFUSED]);
    for (let nowMs = 0; nowMs < 600_000; nowMs += 10_000) assert.deepEqual(await at(nowMs), REFUSED);
    assert.equal(world.resolved, 2);
  });
});

describe('an absent group tag', () => {
  test('counts only when read twice, a period apart', async () => {
    const { world, at } = keeper([UNTAGGED]);
    assert.equal((await at(0)).kind, 'unknown');
    assert.equal((await at(9_999)).kind, 'unknown');
    assert.deepEqual(await at(10_000), UNTAGGED);
    assert.deepEqual(await at(309_999), UNTAGGED);
    assert.equal(world.resolved, 3);
  });

  test('read once and then present again was no absence', async () => {
    const { at } = keeper([UNTAGGED, READY, UNTAGGED]);
    assert.equal((await at(0)).kind, 'unknown');
    assert.deepEqual(await at(10_000), READY);
  });

  test('silence between two reads does not start the count anew', async () => {
    const { at } = keeper([UNTAGGED, SILENT, UNTAGGED]);
    assert.equal((await at(0)).kind, 'unknown');
    assert.equal((await at(10_000)).kind, 'unknown');
    assert.deepEqual(await at(20_000), UNTAGGED);
  });

  test('found by refreshes drops a context that was good', async () => {
    const { at } = keeper([READY, UNTAGGED]);
    await at(0);
    assert.deepEqual(await at(300_000), READY);
    assert.deepEqual(await at(310_000), READY, 'the second look goes out');
    assert.deepEqual(await at(310_001), UNTAGGED);
  });
});
