// How many commits many writers cost, and who is told what.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createGroupCommit } from '../../../../../src/interaction/server/store/group-commit.ts';
import type { Outcome, Write } from '../../../../../src/interaction/server/store/sqlite-writes.ts';
import { StoreError } from '../../../../../src/interaction/server/store/store.ts';

interface Batch {
  readonly keys: readonly string[];
  end(outcomes?: readonly Outcome[]): void;
  fail(error: Error): void;
}

/** Commits that end when the test says so. */
function createDisk() {
  const batches: Batch[] = [];
  const commit = (writes: readonly Write[]) =>
    new Promise<readonly Outcome[]>((resolve, reject) => {
      const keys = writes.map((one) => (one.kind === 'remove-event' ? one.eventDate : ''));
      const made = writes.map(() => ({ isMade: true }));
      batches.push({ keys, end: (outcomes = made) => resolve(outcomes), fail: reject });
    });
  /** The batch of that number, from 0, once it has begun. */
  const batch = async (number: number): Promise<Batch> => {
    for (let turn = 0; turn < 10 && batches.length <= number; turn++) await setImmediate();
    const found = batches[number];
    assert.ok(found !== undefined, `commit ${number} has begun`);
    return found;
  };
  return { batches, batch, commit };
}

const write = (name: string): Write => ({ kind: 'remove-event', eventDate: name });

describe('group commit', () => {
  it('takes those of one turn together, and those that come during a commit into the next, in order', async () => {
    const { batches, batch, commit } = createDisk();
    const group = createGroupCommit(commit);
    const names = Array.from({ length: 500 }, (_, index) => `w${index}`);
    const writeAll = () => Promise.all(names.map((name) => group.commit(write(name))));
    const first = writeAll();
    (await batch(0)).end();
    const second = first.then(writeAll);
    const third = writeAll();
    const { keys, end } = await batch(1);
    assert.deepEqual(keys, [...names, ...names], 'the next of those just answered too');
    end();
    const all = names.map(() => true);
    assert.deepEqual(await Promise.all([first, second, third]), [all, all, all]);
    assert.deepEqual(
      batches.map((one) => one.keys.length),
      [500, 1_000],
    );
  });

  it('bounds what is committed together', async () => {
    const { batches, batch, commit } = createDisk();
    const group = createGroupCommit(commit);
    const done = Promise.all(Array.from({ length: 2_100 }, (_, index) => group.commit(write(`${index}`))));
    for (const number of [0, 1, 2]) (await batch(number)).end();
    await done;
    assert.deepEqual(
      batches.map(({ keys }) => keys.length),
      [1_000, 1_000, 100],
    );
  });

  it('tells each its own outcome', async () => {
    const { batch, commit } = createDisk();
    const group = createGroupCommit(commit);
    const writes = Promise.allSettled(['made', 'not', 'failed'].map((name) => group.commit(write(name))));
    (await batch(0)).end([{ isMade: true }, { isMade: false }, { error: 'disk is full' }]);
    const [made, not, failed] = await writes;
    assert.deepEqual(made, { status: 'fulfilled', value: true });
    assert.deepEqual(not, { status: 'fulfilled', value: false });
    assert.equal(failed?.status, 'rejected');
    assert.ok(failed.reason instanceof StoreError);
    assert.match(failed.reason.message, /could not be written: disk is full$/);
  });

  it('goes on after a commit that failed as a whole', async () => {
    const { batch, commit } = createDisk();
    const group = createGroupCommit(commit);
    const failing = group.commit(write('a'));
    (await batch(0)).fail(new StoreError('gone'));
    await assert.rejects(failing, { message: 'gone' });
    const next = group.commit(write('b'));
    (await batch(1)).end();
    assert.equal(await next, true);
  });

  it('takes a write that comes as a run ends, whichever moment that is', async () => {
    const { batch, commit } = createDisk();
    const group = createGroupCommit(commit);
    for (let hops = 0; hops < 12; hops++) {
      const first = group.commit(write('first'));
      const second = first.then(async () => {
        for (let hop = 0; hop < hops; hop++) await undefined;
        return group.commit(write('second'));
      });
      (await batch(2 * hops)).end();
      (await batch(2 * hops + 1)).end();
      assert.equal(await second, true);
    }
  });

  it('closes when those before have ended, and takes no more', async () => {
    const { batch, commit } = createDisk();
    const group = createGroupCommit(commit);
    const order: string[] = [];
    const begin = (name: string) => group.commit(write(name)).then(() => order.push(name));
    const first = begin('a');
    const running = await batch(0);
    const second = begin('b');
    const closed = group.close().then(() => order.push('closed'));
    await assert.rejects(group.commit(write('c')), StoreError);
    running.end();
    await first;
    (await batch(1)).end();
    await Promise.all([second, closed]);
    assert.deepEqual(order, ['a', 'b', 'closed']);
  });
});
