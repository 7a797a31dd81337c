import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { DeadlineExceeded, runWithin } from '../../../src/aws/deadline.ts';

test('the outcome of the work passes', async () => {
  assert.equal(await runWithin({ timeoutMs: 1_000 }, async () => 'done'), 'done');
  await assert.rejects(
    runWithin({ timeoutMs: 1_000 }, async () => Promise.reject(new Error('failed'))),
    /failed/,
  );
});

test('work that ignores its signal is left behind when the time is up', async () => {
  await assert.rejects(
    runWithin({ timeoutMs: 20 }, () => new Promise(() => undefined)),
    (error) => error instanceof DeadlineExceeded && error.timeoutMs === 20,
  );
});

test('the caller gives up with its own reason, before and during the work', async () => {
  const reason = new Error('stopping');
  const never = (): Promise<never> => new Promise(() => undefined);
  await assert.rejects(runWithin({ timeoutMs: 1_000, signal: AbortSignal.abort(reason) }, never), reason);
  const controller = new AbortController();
  const attempt = runWithin({ timeoutMs: 1_000, signal: controller.signal }, never);
  controller.abort(reason);
  await assert.rejects(attempt, reason);
});

test('nothing listens to the caller once the work is done', async () => {
  const { signal } = new AbortController();
  for (let round = 0; round < 20; round++) await runWithin({ timeoutMs: 1_000, signal }, async () => round);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
