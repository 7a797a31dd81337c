// A reload of a real firewalld during a drain.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Conversation } from '../../fixtures/endpoint.ts';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { expectAccepted } from './attempts.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { Firewalld } from './firewalld.ts';
import { FAMILIES, HOST, Network, SERVED } from './network.ts';
import { openWindowsMs, tally } from './open-windows.ts';

const MOST_OPEN_MS = 100;
const PROBED = FAMILIES.map((family) => ({ host: HOST[family], port: SERVED.web }));

for (const mode of MODES) {
  describe(`firewalld reloads during a drain, the table ${mode}`, () => {
    const directory = temporaryDirectory();
    let network: Network;
    let host: DrainHost;
    let firewalld: Firewalld;

    before(async () => {
      network = await Network.create();
      firewalld = await Firewalld.start(network.host.namespace, directory.path);
      host = await DrainHost.create(network.host.namespace, mode);
      host.start();
      await host.agent.log.waitFor('state-changed');
    });
    after(async () => {
      await host?.close();
      await firewalld?.close();
      await network?.close();
      directory.close();
    });

    test('closed throughout, and an established connection goes on', async (t) => {
      await expectAccepted(network.client, PROBED);
      const held = await Conversation.open(network.client, PROBED[0]!, network.host);
      await host.drain();
      await network.client.call('startProbe', PROBED, 1);
      await network.client.call('probed', 10);
      await firewalld.reload();
      await firewalld.reload();
      await network.client.call('probed', 50);
      const attempts = await network.client.call('stopProbe');
      t.diagnostic(JSON.stringify(tally(attempts)));
      if (mode === 'owned') assert.deepEqual(Object.keys(tally(attempts)), ['ECONNREFUSED']);
      else assert.ok(Math.max(0, ...openWindowsMs(attempts)) <= MOST_OPEN_MS);
      await held.clientSends();
      await held.serverSends();
    });
  });
}
