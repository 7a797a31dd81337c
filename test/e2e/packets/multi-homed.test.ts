// A host with two uplinks and `from` routing rules: each client's RST leaves by the link that its SYN came in on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Endpoint } from '../../fixtures/endpoint.ts';
import { connect, createNamespace } from '../../fixtures/netns.ts';
import { expectAccepted, expectRefused } from './attempts.ts';
import { DrainHost, MODES } from './drain-host.ts';

const PORT = 443;

// The client end is both uplinks' router, and also a client beyond them: its `far` addresses are reached through either.
const UPLINKS = [
  { device: 'up0', host: ['10.1.0.2', 'fd00:1::2'], router: ['10.1.0.1', 'fd00:1::1'] },
  { device: 'up1', host: ['10.2.0.2', 'fd00:2::2'], router: ['10.2.0.1', 'fd00:2::1'] },
] as const;
const FAR = ['203.0.113.5', 'fd00:f::5'] as const;

/** The main table has the connected routes and one uplink as its default; `from` rules send the other's answers back. */
const POLICY = UPLINKS.flatMap(({ device, host, router }, i) =>
  [4, 6].flatMap((family, j) => [
    `ip -${family} rule add from ${host[j]} table ${101 + i} priority ${101 + i}`,
    `ip -${family} route add default via ${router[j]} dev ${device} table ${101 + i}`,
    ...(i === 0 ? [`ip -${family} route add default via ${router[j]} dev ${device}`] : []),
  ]),
).join('\n');

/** RSTs received, by the device they came in on. */
const COUNTERS = `table inet replies {
  counter up0 { }
  counter up1 { }
  chain input { type filter hook input priority 0;
    iifname "up0" tcp flags & rst == rst counter name "up0"
    iifname "up1" tcp flags & rst == rst counter name "up1"
  }
}`;

for (const mode of MODES) {
  describe(`a multi-homed host, the table ${mode}`, () => {
    let client: Endpoint;
    let server: Endpoint;
    let host: DrainHost;

    before(async () => {
      [client, server] = (await Promise.all([createNamespace(), createNamespace()])).map(
        (namespace) => new Endpoint(namespace),
      ) as [Endpoint, Endpoint];
      for (const { device, host: here, router } of UPLINKS) {
        const addresses = ([v4, v6]: readonly string[]) => [`${v4}/24`, `${v6}/64`];
        await connect(
          { namespace: server.namespace, device, addresses: addresses(here) },
          { namespace: client.namespace, device, addresses: addresses(router) },
        );
      }
      await server.namespace.shell(POLICY);
      await client.namespace.shell(FAR.map((address) => `ip address add ${address} dev lo`).join('\n'));
      await client.namespace.run('nft', ['-f', '-'], { input: COUNTERS });
      await server.call('listen', [PORT]);
      host = await DrainHost.create(server.namespace, mode);
      host.start();
      await host.agent.log.waitFor('state-changed');
    });
    after(async () => {
      await host?.close();
      await Promise.all([client?.close(), server?.close()]);
      await Promise.all([client?.namespace.close(), server?.namespace.close()]);
    });

    test('answers every client with a RST on the link it came by', async () => {
      const targets = UPLINKS.map((uplink) =>
        uplink.host.flatMap((address, family) => [
          { host: address, port: PORT, localAddress: uplink.router[family]! },
          { host: address, port: PORT, localAddress: FAR[family]! },
        ]),
      );
      await expectAccepted(client, targets.flat());
      await host.drain();
      for (const [link, onLink] of targets.entries()) {
        await client.namespace.run('nft', ['reset', 'counters']);
        await expectRefused(client, onLink);
        const counters = await client.namespace.run('nft', ['list', 'counters']);
        const packets = [...counters.matchAll(/packets (\d+)/g)].map(([, count]) => Number(count));
        assert.deepEqual(packets, link === 0 ? [onLink.length, 0] : [0, onLink.length], counters);
      }
    });
  });
}
