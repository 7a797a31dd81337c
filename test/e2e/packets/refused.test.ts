// What a drain refuses, how fast and with what; and what it leaves alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Endpoint } from '../../fixtures/endpoint.ts';
import { expectAccepted, expectRefused } from './attempts.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { ALLOWED, CLIENT, FAMILIES, HOST, Network, PUBLISHED, REMOTE, SERVED } from './network.ts';
import { countReplies, type Replies } from './replies.ts';

const { web, tls, rangeFirst, rangeLast, other } = SERVED;
const DRAINED = [web, tls, rangeFirst, rangeLast, PUBLISHED];

/** Every port on both of the host's addresses, as any client. */
const onHost = (...ports: number[]) =>
  FAMILIES.flatMap((family) =>
    ports.map((port) => ({ host: HOST[family], port, localAddress: CLIENT[family] })),
  );
const onRemote = (...ports: number[]) =>
  FAMILIES.flatMap((family) => ports.map((port) => ({ host: REMOTE[family], port })));
/** As the client's colleague, whom --allow-from names. */
const fromAllowed = (...ports: number[]) =>
  FAMILIES.flatMap((family) =>
    ports.map((port) => ({ host: HOST[family], port, localAddress: ALLOWED[family] })),
  );
const OVER_LOOPBACK = ['127.0.0.1', '::1', HOST.v4, HOST.v6].map((host) => ({ host, port: web }));

for (const mode of MODES) {
  describe(`new connections, the table ${mode}`, () => {
    let network: Network;
    let host: DrainHost;
    let container: Endpoint;
    let replies: () => Promise<Replies>;

    before(async () => {
      network = await Network.create();
      host = await DrainHost.create(network.host.namespace, mode);
      replies = await countReplies(network.client.namespace);
      ({ container } = await network.publish());
      host.start();
      await host.agent.log.waitFor('state-changed');
      await expectAccepted(network.client, onHost(...DRAINED));
      await host.drain();
      await replies();
    });
    after(async () => {
      await host?.close();
      await network?.close();
    });

    test('single ports, a range and the published port: refused at once with a RST on v4 and v6', async (t) => {
      const targets = onHost(...DRAINED);
      const durations = await expectRefused(network.client, targets);
      assert.deepEqual(await replies(), { resets: targets.length, unreachable: 0, ecnSyns: 0 });
      t.diagnostic(`${durations.length} refusals in ${durations.map((ms) => ms.toFixed(1)).join(' ')} ms`);
    });

    test('50 at a time are all refused at once: no rate limit', async (t) => {
      const targets = Array.from({ length: 5 }, () => onHost(...DRAINED)).flat();
      assert.equal(targets.length, 50);
      const durations = await expectRefused(network.client, targets);
      assert.deepEqual(await replies(), { resets: 50, unreachable: 0, ecnSyns: 0 });
      t.diagnostic(`p50 ${durations[25]!.toFixed(1)} ms, all 50 within ${durations.at(-1)!.toFixed(1)} ms`);
    });

    test('a SYN that offers ECN is refused', async () => {
      await network.client.namespace.shell('echo 1 > /proc/sys/net/ipv4/tcp_ecn');
      await expectRefused(network.client, onHost(...DRAINED));
      await network.client.namespace.shell('echo 2 > /proc/sys/net/ipv4/tcp_ecn');
      assert.deepEqual(await replies(), { resets: 10, unreachable: 0, ecnSyns: 10 });
    });

    test('other ports, and connections from the host to drained port numbers elsewhere, go on', async () => {
      await expectAccepted(network.client, onHost(other));
      await expectAccepted(network.host, onRemote(web, PUBLISHED));
    });

    test("a container's own connections to drained port numbers elsewhere go on", async () => {
      await expectAccepted(container, onRemote(web, PUBLISHED));
    });

    test('connections over loopback go on', async () => {
      await expectAccepted(network.host, OVER_LOOPBACK);
    });

    test('--allow-from sources are not refused, --include-loopback refuses over loopback', async () => {
      await host.agent.stop();
      await expectRefused(network.client, fromAllowed(...DRAINED));
      const allowed = ['--allow-from', `${ALLOWED.v4}/32`, 'fd00:a::70/124'];
      host.start({ args: [...allowed, '--include-loopback'] });
      await host.agent.log.waitFor('table-installed');
      await expectAccepted(network.client, fromAllowed(...DRAINED));
      await expectRefused(network.client, onHost(...DRAINED));
      await expectRefused(network.host, OVER_LOOPBACK);
      await expectAccepted(network.host, onRemote(web, PUBLISHED));
    });

    test('all are accepted once the state is running', async () => {
      await host.open();
      await expectAccepted(network.client, onHost(...DRAINED));
      await expectAccepted(network.host, OVER_LOOPBACK);
      assert.equal(await host.hasTable(), false);
    });
  });
}
