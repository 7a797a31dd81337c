// Connections that have a socket on the host: which are counted, in which states, for which range.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ConnectionCount } from '../../../src/firewall/ruleset.ts';
import { eventually, join, Peer } from './peer.ts';

const HOST4 = '10.77.0.1';
const HOST6 = 'fd77::1';
// What the client hears of the host over IPv4: nothing.
const DEAF = `table ip deaf {
  chain input { type filter hook input priority 0; ip saddr ${HOST4} meta l4proto tcp drop; }
}`;
const PORTS = [
  { first: 80, last: 80 },
  { first: 8080, last: 8090 },
];

function counted(perRange: number[]): ConnectionCount {
  return { known: true, perRange, total: perRange.reduce((sum, count) => sum + count, 0), idle: 0 };
}

describe('sockets of the host', () => {
  let host: Peer;
  let client: Peer;
  let acceptedSoFar = 0;

  /** A connection to `port`: the client's handle and the host's. */
  async function open(port: number, address = HOST4): Promise<{ far: number; near: number }> {
    const far = await client.call('connect', port, address, 1);
    acceptedSoFar += 1;
    return { far, near: await host.call('accepted', acceptedSoFar) };
  }

  const expectCount = (perRange: number[]) => eventually(() => host.count(PORTS), counted(perRange));
  const expectOnPort = (port: number, count: number) =>
    eventually(() => host.count([{ first: port, last: port }]), counted([count]));

  before(async () => {
    [host, client] = await Promise.all([Peer.start(), Peer.start()]);
    await join(host, client, 'veth', [`${HOST4}/24`, `${HOST6}/64`], ['10.77.0.2/24', 'fd77::2/64']);
    for (const port of [80, 8079, 8080, 8081, 8082, 8083, 8084, 8085, 8087, 8088, 8089, 8090, 8091])
      await host.call('listen', port, '::');
    await host.call('listen', 8086, '0.0.0.0');
  });
  after(() => Promise.all([host?.close(), client?.close()]));

  test('listeners are not connections', () => expectCount([0, 0]));

  test('no ranges, no connections', async () => {
    assert.deepEqual(await host.count([]), counted([]));
  });

  test('IPv4, IPv6 and dual-stack, one count a range, its ends included and its neighbours not', async () => {
    const opened = [];
    for (const [port, address] of [
      [80, HOST4],
      [80, HOST6],
      [80, HOST6],
      [8080, HOST4],
      [8085, HOST6],
      [8086, HOST4],
      [8090, HOST6],
      [8079, HOST4],
      [8091, HOST6],
    ] as const) {
      opened.push(await open(port, address));
    }
    await expectCount([3, 4]);
    for (const { far, near } of opened) {
      await client.call('close', far);
      await host.call('close', near);
    }
    await expectCount([0, 0]);
  });

  // A port each, as the previous connection's TIME-WAIT stays.
  for (const { name, port, state, act } of [
    {
      name: 'the client has closed its half, the server has not',
      port: 8081,
      state: 'CLOSE-WAIT',
      act: ({ far }: { far: number }) => client.call('end', far),
    },
    {
      name: 'the server has closed its half, the client has not',
      port: 8082,
      state: 'FIN-WAIT-2',
      act: ({ near }: { near: number }) => host.call('end', near),
    },
    {
      name: 'the server has closed both halves, the client none (a stub in the kernel)',
      port: 8083,
      state: 'FIN-WAIT-2',
      act: async ({ near }: { near: number }) => {
        await host.call('end', near);
        await eventually(() => host.states('sport = :8083'), ['FIN-WAIT-2']);
        await host.call('close', near);
        await eventually(
          async () => (await host.run('ss', ['-Htano', 'sport = :8083'])).includes('timewait'),
          true,
        );
      },
    },
  ]) {
    test(`${state} is counted: ${name}`, async () => {
      const connection = await open(port);
      await act(connection);
      await eventually(() => host.states(`sport = :${port}`), [state]);
      await expectOnPort(port, 1);
      await client.call('close', connection.far);
      await host.call('close', connection.near);
      await expectOnPort(port, 0);
    });
  }

  test('TIME-WAIT is not counted', async () => {
    const { far, near } = await open(8084);
    await host.call('end', near);
    await eventually(() => host.states('sport = :8084'), ['FIN-WAIT-2']);
    await client.call('end', far);
    await eventually(() => host.states('sport = :8084'), ['TIME-WAIT']);
    await expectOnPort(8084, 0);
  });

  describe('while the client is deaf', () => {
    before(() => client.nft(DEAF));
    after(() => client.run('nft', ['delete', 'table', 'ip', 'deaf']));

    test('SYN-RECV is counted: the client has not acknowledged the answer', async () => {
      await client.call('beginConnect', 8087, HOST4);
      await eventually(() => host.states('sport = :8087'), ['SYN-RECV']);
      await expectOnPort(8087, 1);
    });

    test('FIN-WAIT-1 is counted: the client has not acknowledged the end', async () => {
      await client.run('nft', ['flush', 'table', 'ip', 'deaf']);
      const { near } = await open(8088);
      await client.nft(DEAF);
      await host.call('end', near);
      await eventually(() => host.states('sport = :8088'), ['FIN-WAIT-1']);
      await expectOnPort(8088, 1);
    });

    test('LAST-ACK is counted: the client closed first and has not acknowledged the end', async () => {
      await client.run('nft', ['flush', 'table', 'ip', 'deaf']);
      const { far, near } = await open(8089);
      await client.call('end', far);
      await eventually(() => host.states('sport = :8089'), ['CLOSE-WAIT']);
      await client.nft(DEAF);
      await host.call('end', near);
      await eventually(() => host.states('sport = :8089'), ['LAST-ACK']);
      await expectOnPort(8089, 1);
    });
  });

  test('a connection over loopback counts only when asked for, whichever local address it is to', async () => {
    const addresses = ['127.0.0.1', '127.9.9.9', '::1', HOST4, HOST6];
    for (const address of addresses) await host.call('connect', 8085, address, 1);
    acceptedSoFar += addresses.length;
    await host.call('accepted', acceptedSoFar);
    const ports = [{ first: 8085, last: 8085 }];
    assert.deepEqual(await host.count(ports, true), counted([addresses.length]));
    assert.deepEqual(await host.count(ports), counted([0]));
  });

  test('a prefix routed to the host without being assigned to it is the host too', async () => {
    await host.ip('route add local 192.0.2.0/28 dev lo');
    await host.call('connect', 8091, '192.0.2.7', 1);
    acceptedSoFar += 1;
    await host.call('accepted', acceptedSoFar);
    const ports = [{ first: 8091, last: 8091 }];
    assert.deepEqual(await host.count(ports, true), counted([1]));
    assert.deepEqual(await host.count(ports), counted([0]));
  });

  test('a link-local peer is a client even when another interface of the host has the same address', async () => {
    await host.ip('link add other0 type veth peer name other1');
    await host.ip('address add fe80::77/64 dev other0 nodad');
    await host.ip('link set other0 up');
    await host.ip('address add fe80::1/64 dev vetha nodad');
    await client.ip('address add fe80::77/64 dev vethb nodad');
    await client.ip('-6 route add fe80::1/128 dev vethb src fe80::77');
    await open(8079, 'fe80::1%vethb');
    const [, peer] = /(\S+)\s*$/.exec(await host.run('ss', ['-Htn', 'sport = :8079'])) ?? [];
    assert.match(peer ?? '', /^\[fe80::77\]/);
    await expectOnPort(8079, 1);
  });

  test('5,000 connections are all counted', async () => {
    const total = 5_000;
    for (const address of [HOST4, HOST6]) await client.call('connect', 8085, address, total / 2);
    acceptedSoFar += total;
    await host.call('accepted', acceptedSoFar);
    await expectOnPort(8085, total);
  });

  test('reading does not make the namespace track connections', async () => {
    await expectOnPort(8085, 5_000);
    const tracked = await host.run('cat', ['/proc/sys/net/netfilter/nf_conntrack_count']);
    assert.equal(tracked.trim(), '0');
  });
});
