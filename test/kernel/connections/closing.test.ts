// The end of a drain that was given a deadline, for published ports: what is open to them is reset at its next packet from
// either side, and nothing else is.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Ruleset } from '../../../src/firewall/ruleset.ts';
import { openFirewallIn, type RemoteFirewall } from '../../fixtures/firewall-process.ts';
import { eventually, join, Peer } from './peer.ts';

const HOST = { IPv4: '198.51.100.1', IPv6: 'fd01::1' };
const CLIENT = { IPv4: '198.51.100.2', IPv6: 'fd01::2' };
const CONTAINER = { IPv4: '172.30.0.2', IPv6: 'fd02::2' };
/** Of a service elsewhere, which the host rewrites for its containers: not an address of the host. */
const VIRTUAL = { IPv4: '10.96.0.1', IPv6: 'fd96::1' };

/** 8080 and 8081 are published, 8082 leads to a socket of the host itself; the virtual address has 8080 too, and leads to the client's. */
const NAT = `table inet engine {
  chain prerouting { type nat hook prerouting priority dstnat;
    fib daddr type local tcp dport 8080 dnat ip to ${CONTAINER.IPv4}:80
    fib daddr type local tcp dport 8080 dnat ip6 to [${CONTAINER.IPv6}]:80
    fib daddr type local tcp dport 8081 dnat ip to ${CONTAINER.IPv4}:80
    fib daddr type local tcp dport 8081 dnat ip6 to [${CONTAINER.IPv6}]:80
    fib daddr type local tcp dport 8082 redirect to :9090
    ip daddr ${VIRTUAL.IPv4} tcp dport 8080 dnat ip to ${CLIENT.IPv4}
    ip6 daddr ${VIRTUAL.IPv6} tcp dport 8080 dnat ip6 to ${CLIENT.IPv6}
  }
}`;

const refusing: Ruleset = {
  ports: [
    { first: 8080, last: 8080 },
    { first: 8082, last: 8082 },
  ],
  allowFrom: [],
  includeLoopback: false,
  closing: false,
};
const closing: Ruleset = { ...refusing, closing: true };

interface Connection {
  readonly dialler: Peer;
  readonly far: number;
  readonly listener: Peer;
  readonly near: number;
}

for (const ownership of ['auto', 'plain'] as const) {
  describe(`closing published ports, ownership ${ownership}`, () => {
    let host: Peer;
    let client: Peer;
    let container: Peer;
    let firewall: RemoteFirewall;
    const accepted = new Map<Peer, number>();

    before(async () => {
      [host, client, container] = await Promise.all([Peer.start(), Peer.start(), Peer.start()]);
      await join(
        host,
        client,
        'out',
        [`${HOST.IPv4}/24`, `${HOST.IPv6}/64`],
        [`${CLIENT.IPv4}/24`, `${CLIENT.IPv6}/64`],
      );
      await join(
        host,
        container,
        'in',
        ['172.30.0.1/24', 'fd02::1/64'],
        [`${CONTAINER.IPv4}/24`, `${CONTAINER.IPv6}/64`],
      );
      await host.sysctl('ipv4/ip_forward', 1);
      await host.sysctl('ipv6/conf/all/forwarding', 1);
      await host.nft(NAT);
      await container.ip('route add default via 172.30.0.1');
      await container.ip('-6 route add default via fd02::1');
      await client.ip(`route add 172.30.0.0/24 via ${HOST.IPv4}`);
      await client.ip(`-6 route add fd02::/64 via ${HOST.IPv6}`);
      for (const [peer, port] of [
        [container, 80],
        [container, 8080],
        [client, 8080],
        [host, 9090],
      ] as const) {
        await peer.call('listen', port, '::');
      }
      firewall = await openFirewallIn(host.namespace, { ownership });
    });
    after(async () => {
      await firewall?.kill();
      await Promise.all([host?.close(), client?.close(), container?.close()]);
    });

    async function open(dialler: Peer, address: string, port: number, listener: Peer): Promise<Connection> {
      const far = await dialler.call('connect', port, address, 1);
      const count = (accepted.get(listener) ?? 0) + 1;
      accepted.set(listener, count);
      return { dialler, far, listener, near: await listener.call('accepted', count) };
    }

    /** A byte each way arrives. */
    async function assertLives({ dialler, far, listener, near }: Connection): Promise<void> {
      const [there, back] = [listener.call('received', near), dialler.call('received', far)];
      await dialler.call('send', far);
      await there;
      await listener.call('send', near);
      await back;
    }

    async function close({ dialler, far, listener, near }: Connection): Promise<void> {
      await dialler.call('close', far);
      await listener.call('close', near);
    }

    for (const family of ['IPv4', 'IPv6'] as const) {
      const published = (port = 8080) => open(client, HOST[family], port, container);

      test(`${family}: a published connection is reset when its client sends`, async () => {
        await firewall.remove();
        const connection = await published();
        await firewall.apply(refusing);
        await assertLives(connection);
        await firewall.apply(closing);
        await client.call('send', connection.far);
        assert.equal(await client.call('ended', connection.far), 'ECONNRESET');
        await container.call('send', connection.near);
        assert.equal(await container.call('ended', connection.near), 'ECONNRESET');
        await eventually(() => host.count(refusing.ports), {
          known: true,
          perRange: [0, 0],
          total: 0,
          idle: 0,
        });
        const found = await firewall.inspect();
        assert.deepEqual(found.table === 'ours' && found.refused, [0, 0], 'no SYN was refused');
      });

      test(`${family}: a published connection is reset when its container sends`, async () => {
        await firewall.remove();
        const connection = await published();
        await firewall.apply(closing);
        await container.call('send', connection.near);
        assert.equal(await client.call('ended', connection.far), 'ECONNRESET');
        assert.equal(await container.call('ended', connection.near), 'ECONNRESET');
      });

      test(`${family}: a published connection to a socket of the host is reset too`, async () => {
        await firewall.remove();
        const connection = await open(client, HOST[family], 8082, host);
        await firewall.apply(closing);
        await client.call('send', connection.far);
        assert.equal(await client.call('ended', connection.far), 'ECONNRESET');
        await host.call('send', connection.near);
        assert.equal(await host.call('ended', connection.near), 'ECONNRESET');
      });

      test(`${family}: what is not a published connection to our ports lives on`, async () => {
        await firewall.remove();
        const others: Record<string, Connection> = {
          'to another published port': await published(8081),
          'through the host, not rewritten': await open(client, CONTAINER[family], 8080, container),
          'from the container to the same port elsewhere': await open(
            container,
            CLIENT[family],
            8080,
            client,
          ),
          'from the container to the same port of a virtual address': await open(
            container,
            VIRTUAL[family],
            8080,
            client,
          ),
        };
        await firewall.apply(closing);
        for (const [what, connection] of Object.entries(others)) {
          await assertLives(connection).catch((error) => assert.fail(`${what}: ${error}`));
        }
        await Promise.all(Object.values(others).map(close));
      });

      test(`${family}: what is silent while closing is on is untouched once it is off`, async () => {
        await firewall.remove();
        const connection = await published();
        await firewall.apply(refusing);
        await firewall.apply(closing);
        await firewall.apply(refusing);
        await assertLives(connection);
        await close(connection);
      });

      test(`${family}: whom we never refuse we do not reset`, async () => {
        await firewall.remove();
        const before = await published();
        await firewall.apply({
          ...closing,
          allowFrom: [`${CLIENT[family]}/${family === 'IPv4' ? 32 : 128}`],
        });
        const later = await published();
        await assertLives(before);
        await assertLives(later);
        await Promise.all([close(before), close(later)]);
      });
    }
  });
}
