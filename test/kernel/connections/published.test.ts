// Published ports: connections that only the connection tracker knows, between a client and a "container" behind the host.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ConnectionCount } from '../../../src/firewall/ruleset.ts';
import { eventually, join, Peer } from './peer.ts';

const HOST4 = '198.51.100.1';
const HOST6 = 'fd01::1';

// What a container engine installs: 8080 is published for everyone, 8081 leads to another port of the host itself, 8082 to a port where nobody
// answers; 203.0.113.9 is not the host's.
const NAT = `table inet engine {
  chain prerouting { type nat hook prerouting priority dstnat;
    fib daddr type local tcp dport 8080 dnat ip to 172.30.0.2:80
    fib daddr type local tcp dport 8080 dnat ip6 to [fd02::2]:80
    fib daddr type local tcp dport 8081 redirect to :9090
    fib daddr type local tcp dport 8082 dnat ip to 172.30.0.3:80
    ip daddr 203.0.113.9 tcp dport 8080 dnat ip to 172.30.0.2:80
  }
  chain output { type nat hook output priority -100;
    fib daddr type local tcp dport 8080 dnat ip to 172.30.0.2:80
  }
}`;

function counted(perRange: number[], idle = 0): ConnectionCount {
  return { known: true, perRange, total: perRange.reduce((sum, count) => sum + count, 0), idle };
}

const only = (port: number) => ({ first: port, last: port });

describe('published ports', () => {
  let host: Peer;
  let client: Peer;
  let container: Peer;
  let acceptedSoFar = 0;

  async function open(address: string, from = client, port = 8080): Promise<{ far: number; near: number }> {
    const far = await from.call('connect', port, address, 1);
    acceptedSoFar += 1;
    return { far, near: await container.call('accepted', acceptedSoFar) };
  }

  async function close({ far, near }: { far: number; near: number }, from = client): Promise<void> {
    await from.call('close', far);
    await container.call('close', near);
  }

  const setTimeoutOf = (state: string, seconds: number) =>
    host.sysctl(`netfilter/nf_conntrack_tcp_timeout_${state}`, seconds);

  const expectPublished = (count: number, idle = 0) =>
    eventually(() => host.count([only(8080)]), counted([count], idle));

  before(async () => {
    [host, client, container] = await Promise.all([Peer.start(), Peer.start(), Peer.start()]);
    await join(host, client, 'out', [`${HOST4}/24`, `${HOST6}/64`], ['198.51.100.2/24', 'fd01::2/64']);
    await join(host, container, 'in', ['172.30.0.1/24', 'fd02::1/64'], ['172.30.0.2/24', 'fd02::2/64']);
    await host.sysctl('ipv4/ip_forward', 1);
    await host.sysctl('ipv6/conf/all/forwarding', 1);
    await host.nft(NAT);
    await container.ip('route add default via 172.30.0.1');
    await container.ip('-6 route add default via fd02::1');
    await client.ip('route add 172.30.0.0/24 via 198.51.100.1');
    await client.ip('route add 203.0.113.9/32 via 198.51.100.1');
    for (const port of [80, 8080]) await container.call('listen', port, '::');
    await host.call('listen', 9090, '::');
  });
  after(() => Promise.all([host?.close(), client?.close(), container?.close()]));

  for (const address of [HOST4, HOST6]) {
    test(`to ${address}: counted by the port the client dialled, until it closes`, async () => {
      const connection = await open(address);
      await eventually(() => host.count([only(80), only(8080)]), counted([0, 1]));
      await close(connection);
      await eventually(() => host.count([only(80), only(8080)]), counted([0, 0]));
    });
  }

  test('half-closed by the client: counted', async () => {
    const connection = await open(HOST4);
    await client.call('end', connection.far);
    await eventually(() => container.states('sport = :80'), ['CLOSE-WAIT']);
    await expectPublished(1);
    await close(connection);
    await expectPublished(0);
  });

  test('half-closed by the container: counted', async () => {
    const connection = await open(HOST4);
    await container.call('end', connection.near);
    await eventually(
      () => client.run('ss', ['-Htn', 'dport = :8080']).then((text) => text.split(' ')[0]),
      'CLOSE-WAIT',
    );
    await expectPublished(1);
    await close(connection);
    await expectPublished(0);
  });

  test('not yet answered by the container: not counted', async () => {
    const handle = await client.call('beginConnect', 8082, HOST4);
    const tracked = async () => (await host.run('cat', ['/proc/net/nf_conntrack'])).includes('dport=8082');
    await eventually(tracked, true);
    assert.deepEqual(await host.count([only(8082)]), counted([0]));
    await client.call('close', handle);
  });

  test('passing through: to an address that is not the host, or not rewritten, is not counted', async () => {
    const rewritten = await open('203.0.113.9');
    const plain = await open('172.30.0.2');
    await expectPublished(0);
    await close(rewritten);
    await close(plain);
  });

  test('from the host itself: over loopback, so only when asked for', async () => {
    const connection = await open(HOST4, host);
    assert.deepEqual(await host.count([only(8080)], true), counted([1]));
    assert.deepEqual(await host.count([only(8080)]), counted([0]));
    await close(connection, host);
  });

  test('leading to a socket of the host: counted once', async () => {
    const far = await client.call('connect', 8081, HOST4, 1);
    const near = await host.call('accepted', 1);
    assert.deepEqual(await host.count([only(8081)]), counted([1]), 'by its entry');
    assert.deepEqual(await host.count([only(9090)]), counted([1]), 'by its socket');
    assert.deepEqual(
      await host.count([only(8081), only(9090)]),
      counted([0, 1]),
      'by its socket, which its entry leads to',
    );
    await client.call('close', far);
    await host.call('close', near);
  });

  test('without a packet for over an hour: apart, until the next one', async () => {
    // The entry keeps what it was given at its last packet. With the timeout raised behind its back it looks as it would, untouched, days later.
    await setTimeoutOf('established', 5_000);
    const connection = await open(HOST4);
    await expectPublished(1);
    await setTimeoutOf('established', 5_000 + 3_500);
    await expectPublished(1);
    await setTimeoutOf('established', 432_000);
    await expectPublished(0, 1);
    const received = container.call('received', connection.near);
    await client.call('send', connection.far);
    await received;
    await expectPublished(1);
    await close(connection);
  });

  test('about to expire, which is also how an entry with unacknowledged data looks: not called idle', async () => {
    await setTimeoutOf('established', 250);
    const connection = await open(HOST4);
    await setTimeoutOf('established', 432_000);
    await expectPublished(1);
    await close(connection);
  });

  test('destroy leaves them alone', async () => {
    const connection = await open(HOST4);
    assert.deepEqual(await host.destroy([only(8080)]), { closed: 0, failed: 0 });
    const received = container.call('received', connection.near);
    await client.call('send', connection.far);
    await received;
    await close(connection);
  });
});
