// Client and server of ours with each other, over sockets: every operation in every dialect.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createSignedHttp, type SignedHttp } from '../../../../src/aws/signed-http.ts';
import { routesFromApiUrl } from '../../../../src/interaction/client/api-address.ts';
import { ApiFailure } from '../../../../src/interaction/client/api-failure.ts';
import type { ApiOperationId, Call } from '../../../../src/interaction/client/call.ts';
import {
  createInteractionClient,
  type InteractionClient,
} from '../../../../src/interaction/client/interaction-client.ts';
import { queueAddress, sendToQueue } from '../../../../src/interaction/client/queue.ts';
import type { Models } from '../../../../src/interaction/client/readers.ts';
import type { Dialect } from '../../../../src/interaction/contract/instance-metadata.ts';
import { type Operation, operations } from '../../../../src/interaction/contract/operations.ts';
import { queueMessage } from '../../../../src/interaction/contract/queue-message.ts';
import { createInteractionApi } from '../../../../src/interaction/server/interaction-api.ts';
import type { AccessKey } from '../../../../src/interaction/server/keys/access-key.ts';
import { type InteractionServer, startInteractionServer } from '../../../../src/interaction/server/server.ts';
import type { Store } from '../../../../src/interaction/server/store/store.ts';
import { accountId, deploymentOf, openStoreOfTwo } from '../server/deployment.ts';
import { nowMs, region } from '../server/signed-request.ts';

const limits = { timeoutMs: 5_000 };
const accessKeyId = 'AKIDINSTANCE';
const key = {
  secretAccessKey: 'secret',
  caller: 'AROA1:i-0ab',
  userArn: `arn:aws:sts::${accountId}:assumed-role/web/i-0ab`,
  allow: ['*'],
  deny: [],
} satisfies AccessKey;

for (const dialect of ['d0', 'd1', 'd2'] satisfies Dialect[]) {
  describe(`in dialect ${dialect}`, () => {
    let store: Store;
    let server: InteractionServer;
    let http: SignedHttp;
    let client: InteractionClient;

    beforeEach(async () => {
      store = await openStoreOfTwo();
      const deployment = deploymentOf(dialect);
      const keys = {
        lookup: (id: string) => (id === accessKeyId ? key : undefined),
        queueSenders: () => ['*'],
      };
      const onFault = (error: unknown) => assert.fail(String(error));
      const handle = createInteractionApi({
        deployment,
        store,
        keys,
        nowMs: () => nowMs,
        onFault,
      });
      server = await startInteractionServer({
        host: '127.0.0.1',
        port: 0,
        handlerFor: () => handle,
        onFault,
      });
      const credentials = {
        get: async () => ({ accessKeyId, secretAccessKey: 'secret' }),
        invalidate: () => undefined,
      };
      http = createSignedHttp({ env: {}, credentials, userAgent: 'test/1', now: () => nowMs });
      const found = routesFromApiUrl(`${server.origin}/v1/`);
      assert.ok(found.ok);
      client = createInteractionClient({ send: http.send, region, routes: found.routes, random: () => 0 });
    });
    afterEach(async () => {
      http.close();
      await server.close();
      await store.close();
    });

    /** The model, where the dialect has the operation; else it is unknown there, and that is all. */
    async function ask<Id extends ApiOperationId>(id: Id, call: Call<Id>): Promise<Models[Id] | null> {
      if ((operations[id] as Operation).dialects.includes(dialect)) {
        return (await client.ask(id, call, limits)).model;
      }
      const failure = await client.ask(id, call, limits).catch((error: unknown) => error);
      assert.ok(failure instanceof ApiFailure && failure.kind === 'unknown-operation', String(failure));
      return null;
    }

    it('what is known of the fleet', async () => {
      const metadata = await ask('metadata', {});
      assert.deepEqual([metadata?.instanceId, metadata?.state], ['i-0ab', 'draining']);
      for (const id of ['fleetMetadata', 'allMetadatas'] as const) {
        const fleet = await ask(id, {});
        if (fleet !== null) assert.ok(fleet.some(({ instanceId }) => instanceId === 'i-0ab'));
      }
      assert.ok((await client.listFleet(limits)).model.length > 0);
      assert.equal((await ask('fleetStatus', {}))?.autoscaled.managed, 2);
      assert.deepEqual(await ask('sentMetrics', {}), []);
      assert.deepEqual(await ask('metricCache', {}), []);
    });

    it('where everything is', async () => {
      assert.ok((await ask('listing', {}))?.includes('metadata'));
      assert.equal((await ask('discovery', {}))?.discovery.GroupName, 'web');
    });

    it('the configuration', async () => {
      const document = JSON.stringify({ 'Mixed.Case': 1, set: { a: 'b' } });
      assert.equal(
        await client.write('configuration', { body: document }, limits),
        'Ok (2 key(s) processed)',
      );
      assert.equal(
        await client.write(
          'configurationKey',
          { argument: 'ec2.schedule.min_instance_count', body: '3' },
          limits,
        ),
        '3',
      );
      assert.equal(await ask('configurationKey', { argument: 'ec2.schedule.min_instance_count' }), '3');
      for (const format of ['json', 'yaml']) {
        const dump = await ask('configuration', { query: { format, unstable: 'true' } });
        assert.ok(
          dump?.kind === 'entries' && dump.entries.some(({ key: name }) => name === 'Mixed.Case'),
          format,
        );
        const raw = await ask('configuration', { query: { format, raw: 'true' } });
        // D0 knows no such parameter: what a server makes of it is its own matter.
        if (dialect === 'd0') continue;
        assert.ok(raw?.kind === 'table');
        assert.deepEqual(raw.table, {
          'Mixed.Case': '1',
          'ec2.schedule.min_instance_count': '3',
          set: { a: 'b' },
        });
      }
      const unset = { argument: 'ec2.schedule.min_instance_count', body: '' };
      assert.equal(await client.write('configurationKey', unset, limits), '');
    });

    it('the scheduler', async () => {
      await client.write('schedulerKey', { argument: 'a/b', body: 'cron(0 1 * * ? *),x=1' }, limits);
      await client.write('scheduler', { body: 'Other: rate(1 hour)\n', query: { format: 'yaml' } }, limits);
      assert.equal(await ask('schedulerKey', { argument: 'a/b' }), 'cron(0 1 * * ? *),x=1');
      for (const format of ['json', 'yaml']) {
        assert.deepEqual(await ask('scheduler', { query: { format } }), {
          Other: 'rate(1 hour)',
          'a/b': 'cron(0 1 * * ? *),x=1',
        });
      }
    });

    it('what is asked of instances', async () => {
      const add = {
        argument: 'unstoppable',
        query: { mode: 'add', instanceids: 'i-0ab', ttl: 'hours=1' },
      } as const;
      const added = await ask('controlInstances', add);
      if (added !== null)
        assert.deepEqual(
          added.map(({ instanceId }) => instanceId),
          ['i-0ab'],
        );
      const remove = {
        argument: 'unstoppable',
        query: { mode: 'delete' },
        body: '{"InstanceIds":["i-0ab"]}',
      } as const;
      const left = await ask('controlInstances', remove);
      if (left !== null) assert.deepEqual(left, []);
    });

    it('what is to be done now, over HTTP and by the queue', async () => {
      const acknowledged = await ask('rescheduleNow', { query: { delay: '5' } });
      if (acknowledged !== null) assert.match(acknowledged, /Reschedule in 5 second/);
      const event = '2020-11-17 10:50:59.462776+00:00';
      assert.equal(await ask('ackEvent', { body: JSON.stringify({ Events: [event] }) }), null);
      const queue = queueAddress(
        { InteractQueue: `${server.origin}/${accountId}/CloneSquad-Interact-web` },
        region,
      );
      const message = queueMessage('ackEvent', { Events: [event] });
      const { messageId } = await sendToQueue({ http, env: {} }, queue, message, limits);
      assert.match(messageId, /^[0-9a-f-]{36}$/);
    });
  });
}
