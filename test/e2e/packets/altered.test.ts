// Hands of others on a table of our name: an altered one is put right, a foreign one is left alone, a saved one is opened.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { expectAccepted, expectRefused } from './attempts.ts';
import { DrainHost, type Mode, MODES } from './drain-host.ts';
import { FAMILIES, HOST, Network, SERVED } from './network.ts';
import { tally } from './open-windows.ts';

const onHost = (...ports: number[]) =>
  FAMILIES.flatMap((family) => ports.map((port) => ({ host: HOST[family], port })));
const DRAINED = onHost(SERVED.web, SERVED.tls, SERVED.rangeFirst, SERVED.rangeLast);
const OTHER = onHost(SERVED.other);

const ALTERATIONS = {
  'a rule is deleted': async (host: DrainHost) => {
    const chain = await host.namespace.run('nft', [
      '-a',
      'list',
      'chain',
      'inet',
      'cs-instance-watcher',
      'new-connection',
    ]);
    const handle = /reject with tcp reset # handle (\d+)/.exec(chain)![1];
    return `delete rule inet cs-instance-watcher new-connection handle ${handle}`;
  },
  'a rule is added': () => 'insert rule inet cs-instance-watcher prerouting accept',
  'a port is added': () => `add element inet cs-instance-watcher ports { ${SERVED.other} }`,
  'a port is deleted': () => `delete element inet cs-instance-watcher ports { ${SERVED.tls} }`,
} as const;

const FOREIGN = `table inet cs-instance-watcher {
  comment "of the site"
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport ${SERVED.other} counter
  }
}`;

// Both at a time: they wait for polls most of it.
describe('a table of our name in the hands of others', { concurrency: MODES.length }, () => {
  for (const mode of MODES) {
    describe(`the table ${mode}`, { concurrency: 1 }, () => {
      let network: Network;
      let host: DrainHost;

      before(async () => {
        network = await Network.create();
        host = await DrainHost.create(network.host.namespace, mode);
        host.addScripts('draining', 'stopping');
        host.start();
        await host.drain();
      });
      after(async () => {
        await host?.close();
        await network?.close();
      });

      /** The table without what refusals count. */
      const definition = async () => (await host.table()).replaceAll(/packets \d+ bytes \d+/g, '');

      for (const [name, alteration] of Object.entries(ALTERATIONS)) {
        test(`${name} during a drain: ${mode === 'owned' ? 'not permitted' : 'put right'}`, async () => {
          const before = await definition();
          const from = host.agent.log.lines.length;
          const { status, stderr, pid } = await host.try('nft', [await alteration(host)]);
          if (mode === 'owned') {
            assert.equal(status, 1);
            assert.match(stderr, /Operation not permitted/);
          } else {
            assert.equal(status, 0, stderr);
            const restored = await host.agent.log.waitFor('table-restored', from);
            assert.deepEqual([restored.command, restored.pid], ['nft', pid]);
          }
          assert.equal(await definition(), before);
          await expectRefused(network.client, DRAINED);
          await expectAccepted(network.client, OTHER);
        });
      }

      test('foreign while nothing is to be refused: degraded all the same, until it is gone', async () => {
        const { log } = host.agent;
        await host.open();
        const from = log.lines.length;
        await network.nft(FOREIGN);
        await log.waitFor(({ event, part }) => event === 'degraded' && part === 'firewall', from);
        await network.nft('delete table inet cs-instance-watcher');
        await log.waitFor(({ event, part }) => event === 'recovered' && part === 'firewall', from);
      });

      test('foreign during a drain: one error, nothing changed, scripts run; drained once it is gone', async () => {
        const { log } = host.agent;
        const from = log.lines.length;
        await network.nft(FOREIGN);
        const before = await definition();
        await host.setState('draining');
        await host.ranScript('running', 'draining', from);
        const mark = log.lines.length;
        await host.setState('stopping');
        await host.ranScript('draining', 'stopping', mark);
        const degraded = log.lines.slice(from).filter(({ event }) => event === 'degraded');
        assert.equal(degraded.length, 1, log.text());
        assert.match(
          degraded[0]!.message!,
          /^degraded: firewall: a table inet cs-instance-watcher that is not ours/,
        );
        await expectAccepted(network.client, [...DRAINED, ...OTHER]);
        assert.equal(await definition(), before);
        await network.nft('delete table inet cs-instance-watcher');
        await log.waitFor('table-installed', from);
        await log.waitFor(({ event, part }) => event === 'recovered' && part === 'firewall', from);
        await expectRefused(network.client, DRAINED);
      });
    });
  }
});

describe('a plain drain, saved by nft list ruleset and loaded on a host where nothing is known of it', () => {
  let saved: string;

  before(async () => {
    await withHost('plain', async (_network, host) => {
      host.start();
      await host.drain();
      saved = await host.namespace.run('nft', ['list', 'ruleset']);
    });
  });

  for (const mode of MODES) {
    test(`an agent, ${mode}, leaves it while the API is down, and opens it when the API says running`, () =>
      withHost(mode, async (network, host) => {
        await host.stopApi();
        await network.nft(saved);
        await network.client.call('startProbe', DRAINED, 1);
        const { log } = host.start();
        await log.waitFor('hold-began');
        await network.client.call('probed', 50);
        assert.deepEqual(Object.keys(tally(await network.client.call('stopProbe'))), ['ECONNREFUSED']);
        await host.startApi();
        await log.waitFor('table-removed');
        await expectAccepted(network.client, DRAINED);
        assert.equal(await host.hasTable(), false);
      }));
  }
});

async function withHost(
  mode: Mode,
  body: (network: Network, host: DrainHost) => Promise<void>,
): Promise<void> {
  const network = await Network.create();
  const host = await DrainHost.create(network.host.namespace, mode);
  try {
    await body(network, host);
  } finally {
    await host.close();
    await network.close();
  }
}
