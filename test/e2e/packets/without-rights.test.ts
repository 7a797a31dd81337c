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
      for (const state of ['draining', 'stopping']) host.addScript(state, 'echo "$1 after $2"');
    });
    after(async () => {
      await host?.close();
      await network?.close();
    });

    test('degraded from the start, told once, scripts run, ends with 0 on SIGTERM', async () => {
      const { log } = host.start({ wrapper: WITHOUT_NET_ADMIN });
      await log.waitFor(({ event, part }) => event === 'degraded' && part === 'firewall');
      await log.waitFor('state-changed');
      for (const [state, previous] of [
        ['draining', 'running'],
        ['stopping', 'draining'],
      ] as const) {
        await host.setState(state);
        const scriptLine = `${state} after ${previous}`;
        await log.waitFor(({ event, message }) => event === 'hook-line' && message!.includes(scriptLine));
      }
      const errors = log.lines.filter(({ level }) => level === 'error');
      assert.equal(errors.length, 1, log.text());
      assert.match(errors[0]!.message!, /^degraded: firewall: .*Operation not permitted/);
      await expectAccepted(
        network.client,
        FAMILIES.map((family) => ({ host: HOST[family], port: SERVED.web })),
      );
      assert.equal(await host.hasTable(), false);
      assert.equal(await host.agent.stop(), 0);
    });
  });
}
