// When the memory of what is rarely done is given back.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RareMemory } from '../../../../src/commands/watcher/rare-memory.ts';

function watched(t: TestContext, outcome: Promise<void> = Promise.resolve()) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const release = t.mock.fn(() => outcome);
  const failed = t.mock.fn();
  return { memory: new RareMemory(release, failed), release, failed };
}

test('five seconds after the first of several, once', (t) => {
  const { memory, release } = watched(t);
  memory.used();
  t.mock.timers.tick(3_000);
  memory.used();
  t.mock.timers.tick(1_999);
  assert.equal(release.mock.callCount(), 0);
  t.mock.timers.tick(1);
  assert.equal(release.mock.callCount(), 1);
  t.mock.timers.tick(60_000);
  assert.equal(release.mock.callCount(), 1);
});

test('again after what is done later, and no more once closed', (t) => {
  const { memory, release } = watched(t);
  memory.used();
  t.mock.timers.tick(5_000);
  memory.used();
  t.mock.timers.tick(5_000);
  assert.equal(release.mock.callCount(), 2);
  memory.used();
  memory.close();
  t.mock.timers.tick(5_000);
  assert.equal(release.mock.callCount(), 2);
});

test('what fails is told', async (t) => {
  const { memory, failed } = watched(t, Promise.reject(new Error('no /proc')));
  memory.used();
  t.mock.timers.tick(5_000);
  await Promise.resolve();
  assert.equal(failed.mock.calls[0]?.arguments[0].message, 'no /proc');
});
