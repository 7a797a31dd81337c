// All ports close at once and open at once, as clients see it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Attempt } from '../../fixtures/endpoint-program.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { HOST, Network } from './network.ts';

// Every other port, so that each is a range of its own.
const PORTS = Array.from({ length: 64 }, (_, i) => 9_000 + 2 * i);
const TARGETS = PORTS.map((port, i) => ({ host: i % 2 === 0 ? HOST.v4 : HOST.v6, port }));
const LANES = 4;

/**
 * The attempts that prove a mixed state: they began after some other attempt had already ended with `to`, and ended with
 * `from`. A switch in one instant gives none, however slow the probe: what began after that instant ends with `to`, and
 * what ended before it, with `from`.
 */
function stragglers(attempts: readonly Attempt[], from: string, to: string): readonly Attempt[] {
  const switchedMs = Math.min(
    ...attempts.filter(({ outcome }) => outcome === to).map(({ endedMs }) => endedMs),
  );
  return attempts.filter(({ outcome, beganMs }) => outcome === from && beganMs > switchedMs);
}

for (const mode of MODES) {
  describe(`64 ports, the table ${mode}`, () => {
    let network: Network;
    let host: DrainHost;

    before(async () => {
      network = await Network.create();
      await network.host.call('listen', PORTS);
      host = await DrainHost.create(network.host.namespace, mode);
      host.start({ ports: PORTS.map(String) });
      await host.agent.log.waitFor('state-changed');
    });
    after(async () => {
      await host?.close();
      await network?.close();
    });

    for (const [name, change, from, to] of [
      ['close', () => host.drain(), 'connected', 'ECONNREFUSED'],
      ['open', () => host.open(), 'ECONNREFUSED', 'connected'],
    ] as const) {
      test(`${name} together`, async (t) => {
        const attempts = await probed(network, change);
        assert.deepEqual([...new Set(attempts.map(({ outcome }) => outcome))], [from, to]);
        for (const outcome of [from, to]) {
          const seen = new Set(attempts.filter((one) => one.outcome === outcome).map(({ target }) => target));
          assert.equal(seen.size, PORTS.length, `ports seen ${outcome}`);
        }
        assert.deepEqual(stragglers(attempts, from, to), []);
        t.diagnostic(`${attempts.length} attempts`);
      });
    }
  });
}

test('the probe tells: ports closed one after the other are seen as mixed', async () => {
  const network = await Network.create();
  try {
    await network.host.call('listen', PORTS);
    await network.nft(`table inet slow {
      set ports { type inet_service; }
      chain input { type filter hook input priority 0; tcp dport @ports reject with tcp reset; }
    }`);
    const attempts = await probed(network, async () => {
      for (const port of PORTS)
        await network.host.namespace.run('nft', ['add', 'element', 'inet', 'slow', 'ports', `{ ${port} }`]);
    });
    assert.notEqual(stragglers(attempts, 'connected', 'ECONNREFUSED').length, 0);
  } finally {
    await network.close();
  }
});

/** Probes all ports while `change` runs, and at least twice round before and after. */
async function probed(network: Network, change: () => Promise<void>): Promise<readonly Attempt[]> {
  await network.client.call('startProbe', TARGETS, LANES);
  await network.client.call('probed', 2 * LANES * PORTS.length);
  await change();
  await network.client.call('probed', 2 * LANES * PORTS.length);
  return network.client.call('stopProbe');
}
