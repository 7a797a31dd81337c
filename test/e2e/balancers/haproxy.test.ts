// A whole drain behind the real HAProxy, with each configuration that is shipped: not one request fails.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fleet } from './fleet.ts';
import { ADMINISTRATIVE, Haproxy } from './haproxy.ts';

/** So that HAProxy needs a new connection again and again. */
const REQUESTS_PER_CONNECTION = 10;

interface Setup {
  readonly file: string;
  readonly agent: readonly string[];
  /** What HAProxy makes of the draining server. */
  readonly isOut: (server: { status: string }) => boolean;
  /** What may be refused: requests, which go to another server for it; only HAProxy's own checks; or nothing at all. */
  readonly refused: 'requests' | 'checks' | 'nothing';
}

const SETUPS: readonly Setup[] = [
  {
    file: 'haproxy-tcp-check.cfg',
    agent: [],
    isOut: ({ status }) => status === 'DOWN',
    refused: 'requests',
  },
  {
    file: 'haproxy-health-port.cfg',
    agent: ['--health-listen', '9080', '--refuse-delay', '5'],
    isOut: ({ status }) => status === 'DOWN',
    refused: 'nothing',
  },
  {
    file: 'haproxy-agent-check.cfg',
    agent: ['--agent-check-listen', '9081', '--refuse-delay', '5'],
    // Once it refuses, its check fails as well.
    isOut: ({ status }) => /^(DRAIN|DOWN)/.test(status),
    refused: 'checks',
  },
];

// All at a time: they wait most of it.
describe('a drain behind HAProxy, ended by stopping the instance', { concurrency: SETUPS.length }, () => {
  for (const { file, agent, isOut, refused } of SETUPS) {
    test(file, async (t) => {
      const fleet = await Fleet.create(t, agent, REQUESTS_PER_CONNECTION);
      const haproxy = await Haproxy.start(t, fleet.front, file);
      await haproxy.until('a', ({ status }) => status === 'UP');
      await fleet.startClients();
      const stream = await fleet.openStream();

      const { log } = fleet.host.agent;
      await fleet.host.setState('draining');
      await log.waitFor('refusing');
      if (refused !== 'requests') {
        await haproxy.until('a', isOut);
        assert.equal(log.of('table-installed').length, 0, 'HAProxy knows before anything is refused');
      }
      await log.waitFor('table-installed');
      await haproxy.until('a', isOut);
      await fleet.untilLeft();
      const before = stream.ticks;
      await fleet.answered(100);
      assert.ok(stream.ticks > before, 'the long answer goes on');
      assert.equal(log.of('drained').length, 0, 'the long answer is waited for');
      fleet.endStreams();
      assert.ok(await stream.isWhole(), 'the long answer came to its end');
      const { lastedMs } = await log.waitFor('drained');
      const { redispatched } = await haproxy.server('a');
      const refusedConnections = await fleet.refusedConnections();
      await fleet.stopInstance();
      await fleet.answered(300);

      const { answered, failures, slowestMs } = await fleet.stopClients();
      t.diagnostic(
        `${answered} answered, ${failures.length} failed, slowest ${Math.round(slowestMs)} ms; drained after ${lastedMs} ms; ${redispatched} refused by a and given to b, ${refusedConnections} SYNs refused in all`,
      );
      assert.deepEqual(failures, []);
      assert.ok(answered > 1_000, `${answered} requests`);
      if (refused === 'requests') assert.ok(redispatched > 0, 'requests met a refusal');
      else assert.equal(redispatched, 0, 'no request met a refusal');
      if (refused === 'nothing') assert.equal(refusedConnections, 0);
    });
  }
});

test('what an operator asked for stays while the agent-check is disabled, and the agent decides again after it', async (t) => {
  const fleet = await Fleet.create(t, ['--agent-check-listen', '9081'], 0);
  const haproxy = await Haproxy.start(t, fleet.front, 'haproxy-agent-check.cfg');
  const { log } = fleet.host.agent;
  for (const [state, bit] of Object.entries(ADMINISTRATIVE)) {
    await haproxy.until('a', ({ status }) => status === 'UP');
    await haproxy.command('disable agent app/a');
    await haproxy.command(`set server app/a state ${state}`);
    for (const [instanceState, told] of [
      ['draining', 'table-installed'],
      ['running', 'table-removed'],
    ] as const) {
      const from = log.lines.length;
      await fleet.host.setState(instanceState);
      await log.waitFor(told, from);
      assert.equal((await haproxy.asked('a')).administrative, bit, `${state} while ${instanceState}`);
    }
    await haproxy.command('enable agent app/a');
    await haproxy.until('a', ({ asked }) => asked.administrative === 0);
  }
});
