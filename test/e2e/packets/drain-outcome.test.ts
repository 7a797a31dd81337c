// How a drain comes out: complete when nothing is left, timed out when the deadline is first, and what is closed then.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Conversation, type Endpoint } from '../../fixtures/endpoint.ts';
import type { LogLine } from '../../fixtures/log-lines.ts';
import { expectRefused } from './attempts.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { FAMILIES, HOST, Network, PUBLISHED, SERVED } from './network.ts';

const SAY_OUTCOME = 'echo "$1 $2 $CS_STATE $CS_DRAINED $CS_CONNECTIONS_LEFT"';

for (const mode of MODES) {
  describe(`the outcome of a drain, the table ${mode}`, { concurrency: 1 }, () => {
    let network: Network;
    let host: DrainHost;

    beforeEach(async () => {
      network = await Network.create();
      host = await DrainHost.create(network.host.namespace, mode);
      host.addScript('drained', SAY_OUTCOME);
    });
    afterEach(async () => {
      await host?.close();
      await network?.close();
    });

    const open = (port: number, server: Endpoint = network.host): Promise<Conversation[]> =>
      Promise.all(
        FAMILIES.map((family) => Conversation.open(network.client, { host: HOST[family], port }, server)),
      );

    async function running(...args: string[]): Promise<void> {
      host.start({ args });
      await host.agent.log.waitFor('state-changed');
    }

    /** What the scripts in drained/ printed. */
    const outcomes = (): unknown[] =>
      host.agent.log.of('hook-line').map(({ message }) => message?.split(': ')[1]);

    test('complete: when the last connection has ended, once, across a restart', async () => {
      await running();
      const talks = await open(SERVED.web);
      await host.drain();
      const left = await host.agent.log.waitFor('connections');
      assert.equal(left.left, 2);
      await talks[0]!.close();
      await host.agent.log.waitFor((line) => line.event === 'connections' && line.left === 1);
      assert.deepEqual([host.agent.log.of('drained'), outcomes()], [[], []]);
      await talks[1]!.close();
      await host.agent.log.waitFor('drained');
      await host.agent.log.waitFor(said('drained draining draining complete 0'));
      await host.agent.stop();
      host.start();
      await host.agent.log.waitFor('table-installed');
      await host.agent.log.waitFor((line) => line.event === 'connections' && line.left === 0);
      await host.setState('running');
      await host.agent.log.waitFor('table-removed');
      assert.deepEqual([host.agent.log.of('drained'), outcomes()], [[], []]);
    });

    test('--drain-timeout: timed out with what is left, which lives on and is never called drained', async () => {
      await running('--drain-timeout', '2');
      const talks = await open(SERVED.web);
      await host.drain();
      await host.agent.log.waitFor(said('drained draining draining timeout 2'));
      const timedOut = await host.agent.log.waitFor('drain-timeout');
      assert.deepEqual([timedOut.left, timedOut.isClosing], [2, false]);
      assert.ok(Number(timedOut.lastedMs) >= 2_000, `after ${timedOut.lastedMs} ms`);
      for (const talk of talks) await talk.clientSends();
      for (const talk of talks) await talk.close();
      const from = host.agent.log.lines.length;
      await host.agent.log.waitFor((line) => line.event === 'connections' && line.left === 0);
      await host.setState('stopping');
      await host.agent.log.waitFor((line) => line.event === 'state-changed' && line.to === 'stopping', from);
      assert.deepEqual(host.agent.log.of('drained'), []);
      assert.equal(outcomes().length, 1);
    });

    test('--on-drain-timeout close: what is left ends after the deadline and not before, published ports included', async () => {
      const { container } = await network.publish();
      await running('--drain-timeout', '3', '--on-drain-timeout', 'close');
      const [own, published, other] = [
        await open(SERVED.web),
        await open(PUBLISHED, container),
        await open(SERVED.other),
      ];
      const pushed = await open(PUBLISHED, container);
      for (const talk of pushed) await talk.startTransfer();
      await host.drain();
      const installedAt = host.agent.log.lines.length;
      await host.agent.log.waitFor((line) => line.event === 'connections' && line.left === 6);
      for (const talk of [...own, ...published, ...other]) await talk.clientSends();
      await host.agent.log.waitFor(said('drained draining draining timeout 6'));
      const { closed, failed } = await host.agent.log.waitFor('connections-closed');
      assert.deepEqual([closed, failed], [2, 0]);
      await expectEnded(own);
      await expectEnded(pushed);
      // Idle ones end with their next packet.
      for (const talk of published) await talk.clientWrites();
      for (const talk of published) await expectClientReset(talk);
      for (const talk of other) {
        await talk.clientSends();
        await talk.serverSends();
      }
      await expectRefused(
        network.client,
        FAMILIES.flatMap((family) => [SERVED.web, PUBLISHED].map((port) => ({ host: HOST[family], port }))),
      );
      const restored = host.agent.log.lines
        .slice(installedAt)
        .filter(({ event }) => event === 'table-restored');
      assert.deepEqual(restored, []);
      await host.open();
      await open(SERVED.web);
      await open(PUBLISHED, container);
    });
  });
}

function said(words: string): (line: LogLine) => boolean {
  return ({ event, message }) => event === 'hook-line' && message!.endsWith(words);
}

/** Waits until both ends know that it is over. */
async function expectEnded(talks: readonly Conversation[]): Promise<void> {
  for (const talk of talks) await states(talk, (client, server) => client !== 'open' && server !== 'open');
}

/** Waits until the client was reset; its server learns of it when it next sends. */
async function expectClientReset(talk: Conversation): Promise<void> {
  await states(talk, (client) => client === 'ECONNRESET');
}

async function states(
  talk: Conversation,
  expected: (client: string, server: string) => boolean,
): Promise<void> {
  const endsAt = performance.now() + 10_000;
  let now = await talk.states();
  while (!expected(...now)) {
    assert.ok(performance.now() < endsAt, `client and server are ${now}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    now = await talk.states();
  }
}
