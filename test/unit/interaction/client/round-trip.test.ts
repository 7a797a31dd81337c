// Client and server of ours with each other, over sockets: every operation of the contract in every dialect, over each way
// that it can be asked for. One without a round trip here does not compile.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createSignedHttp, type SignedHttp } from '../../../../src/aws/signed-http.ts';
import { routesFromApiUrl } from '../../../../src/interaction/client/api-address.ts';
import { ApiFailure } from '../../../../src/interaction/client/api-failure.ts';
import type { ApiOperationId, QueuedOperationId } from '../../../../src/interaction/client/call.ts';
import {
  createInteractionClient,
  type InteractionClient,
} from '../../../../src/interaction/client/interaction-client.ts';
import { queueAddress, sendToQueue } from '../../../../src/interaction/client/queue.ts';
import type { Dialect } from '../../../../src/interaction/contract/instance-metadata.ts';
import type { CachedMetric, SentMetric } from '../../../../src/interaction/contract/metrics.ts';
import {
  listedOperationNames,
  type Operation,
  operations,
} from '../../../../src/interaction/contract/operations.ts';
import { queueMessage } from '../../../../src/interaction/contract/queue-message.ts';
import { createInteractionApi } from '../../../../src/interaction/server/interaction-api.ts';
import type { AccessKey } from '../../../../src/interaction/server/keys/access-key.ts';
import { putCachedMetrics, putSentMetrics } from '../../../../src/interaction/server/records/metrics.ts';
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
const eventDate = '2020-11-17 10:50:59.462776+00:00';
const sentMetric: SentMetric = {
  metricName: 'FleetSize',
  unit: 'Count',
  storageResolution: 60,
  dimensions: [{ name: 'GroupName', value: 'web' }],
  value: 17,
  timestamp: eventDate,
};
const cachedMetric: CachedMetric = {
  id: 'id1',
  label: 'CPUUtilization',
  statusCode: 'Complete',
  timestamps: [eventDate],
  values: [0.5],
  metricId: 'CloneSquad-web-i-0ab-00',
  samplingTime: eventDate,
};

/** The two ends, and what is behind the server's. */
interface Ends {
  readonly dialect: Dialect;
  readonly client: InteractionClient;
  readonly store: Store;
  /** Where backups and reports go. */
  readonly directory: string;
  /** Why messages were dropped. */
  readonly dropped: readonly string[];
}

const apiRoundTrips: { readonly [Id in ApiOperationId]: (ends: Ends) => Promise<void> } = {
  async listing({ client, dialect }) {
    assert.deepEqual((await client.ask('listing', {}, limits)).model, listedOperationNames(dialect));
  },

  async metadata({ client, dialect }) {
    const { model } = await client.ask('metadata', {}, limits);
    assert.deepEqual([model.instanceId, model.state], ['i-0ab', 'draining']);
    const query = { instanceid: 'i-0cd' };
    const asked = (await client.ask('metadata', { query }, limits)).model.instanceId;
    assert.equal(asked, dialect === 'd0' ? 'i-0ab' : 'i-0cd');
  },

  allMetadatas: listsTheFleet('allMetadatas', ['i-0ab']),
  fleetMetadata: listsTheFleet('fleetMetadata', ['i-0ab', 'i-0cd']),

  async fleetStatus({ client }) {
    const { autoscaled } = (await client.ask('fleetStatus', {}, limits)).model;
    assert.deepEqual([autoscaled.managed, autoscaled.running, autoscaled.serving], [2, 1, 0]);
  },

  async discovery({ client }) {
    const { discovery, identity } = (await client.ask('discovery', {}, limits)).model;
    assert.deepEqual([discovery.GroupName, identity.caller], ['web', key.caller]);
  },

  async configuration({ client, dialect }) {
    const body = JSON.stringify({ 'Mixed.Case': 1, set: { a: 'b' } });
    assert.equal(await client.write('configuration', { body }, limits), 'Ok (2 key(s) processed)');
    for (const format of ['json', 'yaml']) {
      const query = { format, unstable: 'true' };
      const dump = (await client.ask('configuration', { query }, limits)).model;
      assert.ok(dump.kind === 'entries');
      assert.equal(dump.entries.find(({ key: name }) => name === 'Mixed.Case')?.value, '1', format);
      // D0 knows no such parameter.
      if (dialect === 'd0') continue;
      const raw = (await client.ask('configuration', { query: { format, raw: 'true' } }, limits)).model;
      assert.deepEqual(raw, { kind: 'table', table: { 'Mixed.Case': '1', set: { a: 'b' } } });
    }
  },

  async configurationKey({ client }) {
    const argument = 'ec2.schedule.min_instance_count';
    assert.equal(await client.write('configurationKey', { argument, body: '3' }, limits), '3');
    assert.equal((await client.ask('configurationKey', { argument }, limits)).model, '3');
    assert.equal(await client.write('configurationKey', { argument, body: '' }, limits), '');
    const { message } = await failureOf(client.ask('configurationKey', { argument }, limits));
    assert.match(message, /Unknown configuration key/);
  },

  async scheduler({ client, dialect }) {
    const query = { format: 'yaml' };
    const said = await client.write('scheduler', { body: 'Other: rate(1 hour)\n', query }, limits);
    assert.equal(said, dialect === 'd0' ? 'Ok (1 key processed)' : 'Ok (1 key(s) processed)');
    for (const format of ['json', 'yaml']) {
      const { model } = await client.ask('scheduler', { query: { format } }, limits);
      assert.deepEqual(model, { Other: 'rate(1 hour)' }, format);
    }
  },

  async schedulerKey({ client }) {
    const [argument, body] = ['a/b', 'cron(0 1 * * ? *),x=1'];
    assert.equal(await client.write('schedulerKey', { argument, body }, limits), body);
    assert.equal((await client.ask('schedulerKey', { argument }, limits)).model, body);
  },

  async sentMetrics({ client, store }) {
    assert.deepEqual((await client.ask('sentMetrics', {}, limits)).model, []);
    await putSentMetrics(store, [sentMetric]);
    assert.deepEqual((await client.ask('sentMetrics', {}, limits)).model, [sentMetric]);
  },

  async metricCache({ client, store }) {
    assert.deepEqual((await client.ask('metricCache', {}, limits)).model, []);
    await putCachedMetrics(store, [cachedMetric]);
    assert.deepEqual((await client.ask('metricCache', {}, limits)).model, [cachedMetric]);
  },

  async controlInstances({ client }) {
    for (const argument of ['unstoppable', 'unstartable'] as const) {
      const add = { argument, query: { mode: 'add', instanceids: 'i-0ab', ttl: 'hours=1' } };
      const ids = (await client.ask('controlInstances', add, limits)).model.map((one) => one.instanceId);
      assert.deepEqual(ids, ['i-0ab']);
      const remove = { argument, query: { mode: 'delete' }, body: '{"InstanceIds":["i-0ab"]}' };
      assert.deepEqual((await client.ask('controlInstances', remove, limits)).model, []);
    }
  },

  async rescheduleNow({ client, store }) {
    await markLastRun(store);
    const { model } = await client.ask('rescheduleNow', { query: { delay: '5' } }, limits);
    assert.match(model, /Reschedule in 5 second/);
    await lastRunIsForgotten(store);
  },

  async backup({ client, directory }) {
    const { model } = await client.ask('backup', {}, limits);
    assert.match(model, /^Exported Configuration\/Scheduler backups and metadata to /);
    assert.deepEqual(await readdir(join(directory, 'backup')), ['backups', 'metadata']);
  },

  async ackEvent({ client, store }) {
    await store.events.add({ EventDate: eventDate, EventType: 'x' });
    const body = JSON.stringify({ Events: [eventDate] });
    assert.equal((await client.ask('ackEvent', { body }, limits)).model, null);
    assert.deepEqual(await store.events.events(), []);
  },
};

interface QueueRoundTrip {
  readonly message: string;
  readonly prepare?: (ends: Ends) => Promise<void>;
  /** It is performed before it is answered. */
  readonly verify: (ends: Ends) => Promise<void>;
}

const queueRoundTrips: { readonly [Id in QueuedOperationId]: QueueRoundTrip } = {
  rescheduleNow: {
    message: queueMessage('rescheduleNow', { delay: 5 }),
    prepare: ({ store }) => markLastRun(store),
    verify: ({ store }) => lastRunIsForgotten(store),
  },
  backup: {
    message: queueMessage('backup', {}),
    verify: async ({ directory }) =>
      assert.deepEqual(await readdir(join(directory, 'backup')), ['backups', 'metadata']),
  },
  ackEvent: {
    message: queueMessage('ackEvent', { Events: [eventDate] }),
    prepare: async ({ store }) => assert.ok(await store.events.add({ EventDate: eventDate, EventType: 'x' })),
    verify: async ({ store }) => assert.deepEqual(await store.events.events(), []),
  },
  publishReportNow: {
    message: queueMessage('publishReportNow', {}),
    verify: async ({ directory }) => {
      const names = await readdir(join(directory, 'report'));
      assert.deepEqual(names.map((name) => name.replace(/^.*_notifymgr_/, '')).sort(), [
        'report.zip',
        'report_OBFUSCATED.zip',
      ]);
    },
  },
};

function listsTheFleet(id: 'allMetadatas' | 'fleetMetadata', ids: readonly string[]) {
  return async ({ client }: Ends) => {
    const read = await client.ask(id, {}, limits);
    assert.deepEqual(read.model.map(({ instanceId }) => instanceId).sort(), ids);
    assert.deepEqual(await client.listFleet(limits), read);
  };
}

async function markLastRun({ state }: Store): Promise<void> {
  await state.write([{ key: 'main.last_call_date', value: 'now' }]);
}

async function lastRunIsForgotten({ state }: Store): Promise<void> {
  assert.equal(await state.get('main.last_call_date'), null);
}

async function failureOf(work: Promise<unknown>): Promise<ApiFailure> {
  const failure = await work.then(
    () => assert.fail('it was answered'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof ApiFailure, String(failure));
  return failure;
}

for (const dialect of ['d0', 'd1', 'd2'] satisfies Dialect[]) {
  describe(`in dialect ${dialect}`, () => {
    let server: InteractionServer;
    let http: SignedHttp;
    let ends: Ends;

    beforeEach(async () => {
      const directory = await mkdtemp(join(tmpdir(), 'cs-round-trip-'));
      const store = await openStoreOfTwo();
      const dropped: string[] = [];
      const onFault = (error: unknown) => assert.fail(String(error));
      const handle = createInteractionApi({
        deployment: {
          ...deploymentOf(dialect),
          backupPath: join(directory, 'backup'),
          reportPath: join(directory, 'report'),
        },
        store,
        keys: {
          lookup: (id: string) => (id === accessKeyId ? key : undefined),
          queueSenders: () => ['*'],
        },
        nowMs: () => nowMs,
        onDropped: ({ reason }) => void dropped.push(reason),
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
      const client = createInteractionClient({
        send: http.send,
        region,
        routes: found.routes,
        random: () => 0,
      });
      ends = { dialect, client, store, directory, dropped };
    });
    afterEach(async () => {
      http.close();
      await server.close();
      await ends.store.close();
      await rm(ends.directory, { recursive: true });
    });

    for (const [id, { name, dialects, transports }] of Object.entries<Operation>(operations)) {
      const isSpoken = dialects.includes(dialect);
      const outcome = isSpoken ? '' : ' is unknown';

      if (transports.includes('api-gateway')) {
        it(`/${name} over HTTP${outcome}`, async () => {
          const asked = apiRoundTrips[id as ApiOperationId](ends);
          if (isSpoken) return asked;
          assert.equal((await failureOf(asked)).kind, 'unknown-operation');
        });
      }

      if (transports.includes('queue')) {
        it(`${name} by the queue${outcome}`, async () => {
          const { message, prepare, verify } = queueRoundTrips[id as QueuedOperationId];
          await prepare?.(ends);
          const url = `${server.origin}/${accountId}/CloneSquad-Interact-web`;
          const queue = queueAddress({ InteractQueue: url }, region);
          const { messageId } = await sendToQueue({ http, env: {} }, queue, message, limits);
          assert.match(messageId, /^[0-9a-f-]{36}$/);
          if (isSpoken) await verify(ends);
          assert.deepEqual(ends.dropped, isSpoken ? [] : [`its OpType "${name}" is no operation`]);
        });
      }
    }
  });
}
