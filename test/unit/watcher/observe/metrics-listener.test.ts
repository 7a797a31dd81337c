// The metrics over HTTP: at one path, and every other says which.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsListener } from '../../../../src/watcher/observe/metrics-listener.ts';
import type { Metrics } from '../../../../src/watcher/observe/metrics.ts';
import { freePort, untilListening } from './listening.ts';

test('any other path says where the metrics are', async (t) => {
  const metrics = { contentType: 'text/plain', render: async () => 'up 1\n' } as Pick<
    Metrics,
    'contentType' | 'render'
  > as Metrics;
  const port = await freePort();
  const listener = metricsListener(metrics, () => {});
  t.after(() => listener.close());
  listener.update({ host: '127.0.0.1', port });
  await untilListening(port);
  const answers = ['/metrics', '/', '/health'].map(async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, await response.text()];
  });
  const nothing = [404, 'there is nothing at this path: see /metrics\n'];
  assert.deepEqual(await Promise.all(answers), [[200, 'up 1\n'], nothing, nothing]);
});
