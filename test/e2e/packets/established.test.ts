// The first promise: whatever was established, or about to be, when the drain began goes on, whether conntrack knew of it or not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Conversation } from '../../fixtures/endpoint.ts';
import { expectRefused } from './attempts.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { FAMILIES, HOST, Network, PUBLISHED, SERVED } from './network.ts';

// Any rule on conntrack's state puts conntrack to work in the namespace: a firewall of the host's own, as it is often written.
const STATEFUL = `table inet site {
  chain input { type filter hook input priority 0;
    ct state established,related counter accept
    ct state new counter accept
  }
}`;

// The client's kernel has the SYN-ACK, and what it answers is lost.
const LOSSY = `table inet lossy {
  chain output { type filter hook output priority 0;
    tcp dport ${SERVED.tls} tcp flags & (syn|rst) == 0 drop
  }
}`;

// What the Python tool did, in nft's words: the state of conntrack decides.
const OLD_TOOL = `table inet old {
  chain input { type filter hook input priority 0; ct state new tcp dport ${SERVED.web} reject with tcp reset; }
}`;

interface Talk {
  readonly transfer: Conversation;
  readonly clientFirst: Conversation;
  readonly serverFirst: Conversation;
}

// Both at a time: they wait for polls most of it.
describe('established connections', { concurrency: MODES.length }, () => {
  for (const mode of MODES) {
    describe(`the table ${mode}`, { concurrency: 1 }, () => {
      let network: Network;
      let host: DrainHost;

      before(async () => {
        network = await Network.create();
        host = await DrainHost.create(network.host.namespace, mode);
        host.start();
        await host.agent.log.waitFor('state-changed');
      });
      after(async () => {
        await host?.close();
        await network?.close();
      });

      const openAll = (port: number, server = network.host): Promise<Talk[]> =>
        Promise.all(
          FAMILIES.map(async (family) => {
            const target = { host: HOST[family], port };
            const open = () => Conversation.open(network.client, target, server);
            const talk = { transfer: await open(), clientFirst: await open(), serverFirst: await open() };
            await talk.transfer.startTransfer();
            return talk;
          }),
        );

      async function expectAlive(talks: readonly Talk[]): Promise<void> {
        for (const { transfer, clientFirst, serverFirst } of talks) {
          await transfer.transferred(100_000);
          await clientFirst.clientSends();
          await clientFirst.serverSends();
          await serverFirst.serverSends();
          await serverFirst.clientSends();
          await transfer.clientSends();
        }
      }

      /** Connections that the client holds are accepted only now, and serve. */
      async function expectServed(held: readonly { handle: number; localPort: number }[]): Promise<void> {
        for (const { handle, localPort } of held) {
          await network.client.call('write', handle, 10);
          const far = await network.host.call('accepted', localPort);
          await network.host.call('receive', far, 10);
          await network.host.call('write', far, 10);
          await network.client.call('receive', handle, 10);
        }
      }

      const expectDrained = (port: number) =>
        expectRefused(
          network.client,
          FAMILIES.map((family) => ({ host: HOST[family], port })),
        );

      test('a transfer, an idle client-first and an idle server-first survive, conntrack idle before the drain', async () => {
        const talks = await openAll(SERVED.web);
        const more = await openAll(SERVED.web);
        assert.deepEqual(await network.tracked(), [], 'conntrack is idle');
        await host.drain();
        await expectDrained(SERVED.web);
        assert.deepEqual(await network.tracked(), [], 'the drain does not put conntrack to work');
        await expectAlive(more);
        await network.nft(STATEFUL);
        await expectAlive(talks);
        await expectAlive(more);
        const tracked = (await network.tracked()).filter((line) => line.includes(`dport=${SERVED.web} `));
        assert.ok(tracked.length >= 12, `conntrack came into use: ${tracked.length} entries`);
        await expectDrained(SERVED.web);
        await host.open();
        await expectAlive(talks);
        await network.nft('delete table inet site');
      });

      test('what is in the accept backlog when the drain begins is served', async () => {
        network.host.freeze();
        const targets = FAMILIES.map((family) => ({ host: HOST[family], port: SERVED.web }));
        const waiting = await Promise.all(
          [...targets, ...targets, ...targets].map((target) => network.client.call('connect', target)),
        );
        await host.drain();
        await expectDrained(SERVED.web);
        network.host.thaw();
        await expectServed(waiting);
        await host.open();
      });

      test('a handshake whose last segment is under way when the drain begins completes', async () => {
        await network.client.namespace.run('nft', ['-f', '-'], { input: LOSSY });
        const targets = FAMILIES.map((family) => ({ host: HOST[family], port: SERVED.tls }));
        const opened = await Promise.all(targets.map((target) => network.client.call('connect', target)));
        const halfOpen = await host.namespace.run('ss', [
          '-Htn',
          'state',
          'syn-recv',
          `sport = :${SERVED.tls}`,
        ]);
        assert.equal(halfOpen.trim().split('\n').length, 2, `half-open on the host:\n${halfOpen}`);
        await host.drain();
        await expectDrained(SERVED.tls);
        await network.client.namespace.run('nft', ['delete', 'table', 'inet', 'lossy']);
        await expectServed(opened);
        await host.open();
      });

      test('through a published port, a transfer, an idle client-first and an idle server-first survive', async () => {
        const { container } = await network.publish();
        const talks = await openAll(PUBLISHED, container);
        await host.drain();
        await expectDrained(PUBLISHED);
        await expectAlive(talks);
        await host.open();
        await expectAlive(talks);
        await network.nft('delete table inet engine');
      });
    });
  }
});

test('the network tells: a rule on conntrack state, as the old tool had, ends an idle connection', async () => {
  const network = await Network.create();
  try {
    const { handle } = await network.client.call('connect', { host: HOST.v4, port: SERVED.web });
    await network.nft(OLD_TOOL);
    await network.client.call('write', handle, 10);
    await assert.rejects(network.client.call('receive', handle, 10), /the connection ended: ECONNRESET/);
  } finally {
    await network.close();
  }
});
