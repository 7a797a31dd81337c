// Somebody removes the table during a drain, by name or with everything else: an owned table stays, a plain one is put back.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Attempt } from '../../fixtures/endpoint-program.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { HOST, Network, SERVED } from './network.ts';
import { openWindowsMs, tally } from './open-windows.ts';

const PROBED = [
  { host: HOST.v4, port: SERVED.web },
  { host: HOST.v6, port: SERVED.rangeLast },
];
const MOST_OPEN_MS = 100;

const FLUSH = ['flush', 'ruleset'];
const DELETE = ['delete', 'table', 'inet', 'cs-instance-watcher'];
/** What `systemctl restart nftables` loads: everything is flushed and the site's rules come back, in one transaction. */
const SITE = `flush ruleset
table inet site {
  chain input {
    type filter hook input priority 0
    ct state new accept
  }
}
`;

for (const mode of MODES) {
  describe(`the table taken away during a drain, ${mode}`, () => {
    let network: Network;
    let host: DrainHost;

    before(async () => {
      network = await Network.create();
      host = await DrainHost.create(network.host.namespace, mode);
      host.start();
      await host.agent.log.waitFor('state-changed');
      await host.drain();
    });
    after(async () => {
      await host?.close();
      await network?.close();
    });

    const restartNftables = (): readonly string[] => {
      const path = join(host.directory, 'nftables.conf');
      writeFileSync(path, SITE);
      return ['-f', path];
    };

    /** Probes while `body` runs, and for 50 attempts more. */
    async function probed(t: TestContext, body: () => Promise<void>): Promise<readonly Attempt[]> {
      await network.client.call('startProbe', PROBED, 1);
      await network.client.call('probed', 10);
      await body();
      await network.client.call('probed', 50);
      const attempts = await network.client.call('stopProbe');
      t.diagnostic(JSON.stringify(tally(attempts)));
      return attempts;
    }

    if (mode === 'owned') {
      test('nft flush ruleset, nft delete table and a restart of nftables: closed throughout', async (t) => {
        const attempts = await probed(t, async () => {
          for (let i = 0; i < 5; i++) {
            assert.equal((await host.try('nft', FLUSH)).status, 0);
            assert.equal((await host.try('nft', restartNftables())).status, 0);
            const { status, stderr } = await host.try('nft', DELETE);
            assert.equal(status, 1);
            assert.match(stderr, /Operation not permitted/);
          }
        });
        assert.deepEqual(Object.keys(tally(attempts)), ['ECONNREFUSED']);
        assert.deepEqual(host.agent.log.of('table-restored'), []);
      });
      return;
    }

    for (const [name, args] of [
      ['nft flush ruleset', () => FLUSH],
      ['nft delete table', () => DELETE],
      ['a restart of nftables', restartNftables],
    ] as const) {
      test(`${name}: closed again within ${MOST_OPEN_MS} ms, five times, and the log says who did it`, async (t) => {
        const attempts = await probed(t, async () => {
          for (let i = 0; i < 5; i++) {
            const from = host.agent.log.lines.length;
            const { status, pid } = await host.try('nft', args());
            assert.equal(status, 0);
            const { found, command, pid: author } = await host.agent.log.waitFor('table-restored', from);
            assert.deepEqual([found, command, author], ['the table was gone', 'nft', pid]);
            // The third, fourth and fifth follow as soon as the probe has seen both families refused: the agent looks at
            // most every 50 ms.
            await network.client.call('probed', i < 2 ? 50 : 4);
          }
        });
        // By family: the kernel takes the hooks of a deleted table away one family after the other.
        const windows = PROBED.map((_, target) =>
          openWindowsMs(attempts.filter((attempt) => attempt.target === target)),
        );
        for (const ofFamily of windows) {
          t.diagnostic(`open for at most ${ofFamily.map((ms) => ms.toFixed(1)).join(', ')} ms`);
          assert.ok(ofFamily.length <= 5, `${ofFamily}`);
          assert.ok(Math.max(0, ...ofFamily) <= MOST_OPEN_MS, `${ofFamily}`);
        }
      });
    }

    test('one who goes on is named, and the table comes back once per poll', async () => {
      const { log } = host.agent;
      const from = log.lines.length;
      const isFight = ({ event, part }: { event?: string; part?: unknown }) =>
        event === 'degraded' && part === 'table';
      for (let i = 0; i < 20 && !log.lines.slice(from).some(isFight); i++) {
        const mark = log.lines.length;
        assert.equal((await host.try('nft', DELETE)).status, 0);
        await log.waitFor('table-restored', mark);
      }
      const { message } = await log.waitFor(isFight, from);
      assert.match(String(message), /^degraded: table: nft \(pid \d+\) keeps removing the drain table/);
      const mark = log.lines.length;
      assert.equal((await host.try('nft', DELETE)).status, 0);
      await log.waitFor('table-restored', mark);
      assert.equal(log.of('degraded').length, 1, 'told once');
    });
  });
}
