// An agent that may not filter: it lives on, says so once, and runs the operator's scripts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { expectAccepted } from './attempts.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { FAMILIES, HOST, Network, SERVED } from './network.ts';

const WITHOUT_NET_ADMIN = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--'];

for (const mode of MODES) {
  describe(`without CAP_NET_ADMIN, the table ${mode}`, () => {
    let network: Network;
    let host: DrainHost;

    before(async () => {
      network = await Network.create();
      host = await DrainHost.create(network.host.namespace, mode);
      host.addScripts('draining', 'stopping');
    });
    after(async () => {
      await host?.close();
      await network?.close();
    });

    test('degraded from the start, told once, scripts run, ends with 0 on SIGTERM', async () => {
      const { log } = host.start({ wrapper: WITHOUT_NET_ADMIN });
      await log.waitFor(({ event, part }) => event === 'degraded' && part === 'firewall');
      await log.waitFor('state-changed');
      await host.setState('draining');
      await host.ranScript('running', 'draining', 0);
      const mark = log.lines.length;
      await host.setState('stopping');
      await host.ranScript('draining', 'stopping', mark);
      const degraded = log.of('degraded');
      assert.equal(degraded.length, 1, log.text());
      assert.match(degraded[0]!.message!, /^degraded: firewall: .*CAP_NET_ADMIN/);
      await expectAccepted(
        network.client,
        FAMILIES.map((family) => ({ host: HOST[family], port: SERVED.web })),
      );
      assert.equal(await host.hasTable(), false);
      assert.equal(await host.agent.stop(), 0);
    });
  });
}
