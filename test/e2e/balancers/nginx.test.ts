// A whole drain behind the real open-source nginx, with the configuration that is shipped: not one request fails, some are tried again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fleet } from './fleet.ts';
import { Nginx } from './nginx.ts';

test('a drain behind nginx, ended by stopping the instance', async (t) => {
  // Only what the configuration says makes nginx open new connections.
  const fleet = await Fleet.create(t, [], 0);
  const nginx = await Nginx.start(t, fleet.front, 'nginx.conf');
  await fleet.startClients();
  const stream = await fleet.openStream();

  const { log } = fleet.host.agent;
  assert.equal(nginx.triedAgain(), 0, 'nothing fails before the drain');
  await fleet.host.setState('draining');
  await log.waitFor('table-installed');
  await fleet.untilLeft();
  const before = stream.ticks;
  await fleet.answered(100);
  assert.ok(stream.ticks > before, 'the long answer goes on');
  assert.equal(log.of('drained').length, 0, 'the long answer is waited for');
  fleet.endStreams();
  assert.ok(await stream.isWhole(), 'the long answer came to its end');
  const { lastedMs } = await log.waitFor('drained');
  const refused = nginx.triedAgain();
  assert.ok(refused > 0, 'nginx learned of the drain from a request that was refused');
  await fleet.stopInstance();
  // Past fail_timeout nginx tries the silent instance with one more request.
  do await fleet.answered(100);
  while (nginx.triedAgain() === refused);

  const { answered, failures, slowestMs } = await fleet.stopClients();
  const silent = nginx.triedAgain() - refused;
  t.diagnostic(
    `${answered} answered, ${failures.length} failed, slowest ${Math.round(slowestMs)} ms; drained after ${lastedMs} ms; tried again: ${refused} refused while draining, ${silent} unanswered after the stop`,
  );
  assert.deepEqual(failures, []);
});
