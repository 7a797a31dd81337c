// The agent dies, ends or starts during a drain: the ports stay closed until the API, or the operator, says otherwise.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { expectAccepted, expectRefused } from './attempts.ts';
import { DrainHost, MODES } from './drain-host.ts';
import { FAMILIES, HOST, Network, SERVED } from './network.ts';
import { tally } from './open-windows.ts';
import { tableHandles } from './table-handles.ts';

const DRAINED = FAMILIES.flatMap((family) =>
  [SERVED.web, SERVED.rangeFirst].map((port) => ({ host: HOST[family], port })),
);
const DELETE = ['delete', 'table', 'inet', 'cs-instance-watcher'];

// Both at a time: they wait for polls most of it.
describe('the agent ends and starts during a drain', { concurrency: MODES.length }, () => {
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

      test('killed, and started with the API down: closed throughout, adopted; opened when the API says running', async (t) => {
        await host.drain();
        await host.stopApi();
        const before = await tableHandle(host);
        await network.client.call('startProbe', DRAINED, 1);
        await network.client.call('probed', 20);
        await host.agent.kill();
        await network.client.call('probed', 50);
        const { log } = host.start();
        await log.waitFor('table-installed');
        await log.waitFor('hold-began');
        await network.client.call('probed', 50);
        const attempts = await network.client.call('stopProbe');
        t.diagnostic(JSON.stringify(tally(attempts)));
        assert.deepEqual(Object.keys(tally(attempts)), ['ECONNREFUSED']);
        assert.equal(await tableHandle(host), before, 'the same table');
        if (mode === 'owned') {
          const { status, stderr } = await host.try('nft', DELETE);
          assert.ok(status === 1 && stderr.includes('Operation not permitted'), 'it has an owner again');
        }
        await host.startApi();
        await host.open();
        await expectAccepted(network.client, DRAINED);
      });

      test('killed, its table deleted, and started with the API down: restored from the record', async () => {
        await host.drain();
        await host.stopApi();
        await host.agent.kill();
        await host.namespace.run('nft', DELETE);
        await expectAccepted(network.client, DRAINED);
        const { log } = host.start();
        await log.waitFor('table-installed');
        await expectRefused(network.client, DRAINED);
        await log.waitFor('hold-began');
        await expectRefused(network.client, DRAINED);
        await host.startApi();
        await host.open();
        await expectAccepted(network.client, DRAINED);
      });

      test('cleanup leaves a drain to the agent that runs; SIGTERM keeps it closed and says how to open; cleanup then opens', async () => {
        await host.drain();
        const refused = await host.cleanup();
        assert.equal(refused.status, 75, refused.stderr);
        assert.match(refused.stderr, new RegExp(`another agent \\(pid ${host.agent.pid}\\)`));
        await expectRefused(network.client, DRAINED);
        assert.equal(await host.agent.stop(), 0);
        const [stopped] = host.agent.log.of('stopped');
        assert.match(stopped!.message!, /new connections stay refused.*cs-instance-watcher cleanup/);
        await expectRefused(network.client, DRAINED);
        const opened = await host.cleanup();
        assert.equal(opened.status, 0, opened.stderr);
        assert.match(opened.stdout, /new connections are accepted/);
        await expectAccepted(network.client, DRAINED);
        assert.equal(await host.hasTable(), false);
        const again = await host.cleanup();
        assert.deepEqual([again.status, again.stdout], [0, 'no drain table of ours, nothing was refused\n']);
      });
    });
  }
});

async function tableHandle(host: DrainHost): Promise<number> {
  const handle = (await tableHandles(host.namespace)).get('cs-instance-watcher');
  assert.ok(handle !== undefined, 'the table is there');
  return handle;
}
