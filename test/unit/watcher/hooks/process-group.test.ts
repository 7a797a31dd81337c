import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { endOnTimeout } from '../../../../src/watcher/hooks/process-group.ts';

it('a process whose end is never seen is killed, then given up', { timeout: 20_000 }, async () => {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 1; done'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const exited = once(child, 'exit');
  const { promise, resolve } = Promise.withResolvers<void>();
  const limits = { timeoutMs: 50, graceMs: 50, signal: new AbortController().signal };
  const ending = endOnTimeout(child.pid as number, limits, resolve);
  await promise;
  assert.equal(ending.timedOut(), true);
  assert.deepEqual(await exited, [null, 'SIGKILL']);
});

it('a group that is gone already is no error', { timeout: 20_000 }, async () => {
  const child = spawn('/bin/true', { detached: true, stdio: 'ignore' });
  await once(child, 'exit');
  const { promise, resolve } = Promise.withResolvers<void>();
  const aborted = AbortSignal.abort();
  const ending = endOnTimeout(
    child.pid as number,
    { timeoutMs: 60_000, graceMs: 20, signal: aborted },
    resolve,
  );
  await promise;
  ending.exited();
  assert.equal(ending.timedOut(), false);
});
