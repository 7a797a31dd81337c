// Destroying what is left when a drain's deadline passes: our ports' sockets, and nothing else.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually, join, Peer } from './peer.ts';

const PORTS = [
  { first: 80, last: 80 },
  { first: 8080, last: 8081 },
];

describe('destroy', () => {
  let host: Peer;
  let client: Peer;
  let acceptedSoFar = 0;

  async function open(port: number, address: string, from = client): Promise<{ far: number; near: number }> {
    const far = await from.call('connect', port, address, 1);
    acceptedSoFar += 1;
    return { far, near: await host.call('accepted', acceptedSoFar) };
  }

  before(async () => {
    [host, client] = await Promise.all([Peer.start(), Peer.start()]);
    await join(host, client, 'veth', ['10.77.0.1/24', 'fd77::1/64'], ['10.77.0.2/24', 'fd77::2/64']);
    for (const port of [80, 8080, 8082]) await host.call('listen', port, '::');
    await host.call('listen', 8081, '0.0.0.0');
  });
  after(() => Promise.all([host?.close(), client?.close()]));

  test('nothing to do', async () => {
    assert.deepEqual(await host.destroy(PORTS), { closed: 0, failed: 0 });
    assert.deepEqual(await host.destroy([]), { closed: 0, failed: 0 });
  });

  test('resets clients on our ports, IPv4, IPv6 and dual-stack, and spares other ports and loopback', async () => {
    const ours = [
      await open(80, '10.77.0.1'),
      await open(80, 'fd77::1'),
      await open(8081, '10.77.0.1'),
      await open(8080, 'fd77::1'),
    ];
    const spared = await open(8082, '10.77.0.1');
    const local = await open(80, '127.0.0.1', host);
    assert.deepEqual(await host.destroy(PORTS), { closed: 4, failed: 0 });
    for (const { far, near } of ours) {
      assert.equal(await client.call('ended', far), 'ECONNRESET');
      assert.equal(await host.call('ended', near), 'ECONNABORTED');
    }
    assert.deepEqual(await host.count(PORTS), { known: true, perRange: [0, 0], total: 0, idle: 0 });

    for (const [connection, from] of [
      [spared, client],
      [local, host],
    ] as const) {
      const received = host.call('received', connection.near);
      await from.call('send', connection.far);
      await received;
    }
    assert.deepEqual(await host.destroy(PORTS, true), { closed: 1, failed: 0 });
    assert.equal(await host.call('ended', local.far), 'ECONNRESET');
  });

  test('resets a connection that either side has half closed', async () => {
    const endedByClient = await open(80, '10.77.0.1');
    await client.call('end', endedByClient.far);
    const endedByHost = await open(80, '10.77.0.1');
    await host.call('end', endedByHost.near);
    await eventually(() => host.states('sport = :80'), ['CLOSE-WAIT', 'FIN-WAIT-2']);
    assert.deepEqual(await host.destroy(PORTS), { closed: 2, failed: 0 });
    assert.equal(await client.call('ended', endedByClient.far), 'ECONNRESET');
    // This client has read the end and reads no more; its kernel has dropped the half it still had.
    await eventually(() => client.run('ss', ['-Htn', 'state', 'close-wait']), '');
  });

  test('forgets a connection that was never completed', async () => {
    await client.nft(
      'table ip deaf { chain input { type filter hook input priority 0; ip saddr 10.77.0.1 meta l4proto tcp drop; }; }',
    );
    await client.call('beginConnect', 8080, '10.77.0.1');
    await eventually(() => host.states('sport = :8080'), ['SYN-RECV']);
    assert.deepEqual(await host.destroy(PORTS), { closed: 1, failed: 0 });
  });
});
