// The server with clients that nobody here wrote: what they sign is accepted, and refused as soon as one byte is another.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type InteractionServer, startInteractionServer } from '../../../src/interaction/server/server.ts';
import type { ArrivedRequest } from '../../../src/interaction/server/handle-request.ts';
import { createInteractionApi } from '../../../src/interaction/server/interaction-api.ts';
import type { AccessKey } from '../../../src/interaction/server/keys/access-key.ts';
import { openSqliteStore } from '../../../src/interaction/server/store/sqlite-store.ts';
import { type Store, tableNames } from '../../../src/interaction/server/store/store.ts';
import {
  callSqs,
  type ForeignKey,
  region,
  requireForeignClients,
  sendForeign,
} from '../../fixtures/foreign-clients.ts';
import { foreignRequests, keyOf, longTermKey, temporaryKey } from '../../fixtures/foreign-requests.ts';
import { alterations } from '../../fixtures/alterations.ts';

const accountId = '111111111111';
const queueName = 'CloneSquad-Interact-web';

const keys: Readonly<Record<string, AccessKey>> = Object.fromEntries(
  [longTermKey, temporaryKey].map((key): [string, AccessKey] => [
    key.accessKeyId,
    {
      ...{ secretAccessKey: key.secretAccessKey, sessionToken: key.sessionToken, allow: ['*'], deny: [] },
      ...{ caller: 'AROAX:i-0ab', userArn: `arn:aws:sts::${accountId}:assumed-role/web/i-0ab` },
    },
  ]),
);

let store: Store;
let server: InteractionServer;
/** What the server was sent last. */
let arrived: ArrivedRequest;

before(async () => {
  await requireForeignClients();
  store = await openSqliteStore({ path: ':memory:', group: 'web' });
  server = await startInteractionServer({
    ...{ host: '127.0.0.1', port: 0, onFault: assert.ifError },
    handlerFor: (origin) => {
      const handle = createInteractionApi({
        deployment: {
          ...{ dialect: 'd2', group: 'web', accountId, region, apiId: 'abcde01234' },
          ...{ apiUrl: `${origin}/v1/`, queueUrl: `${origin}/${accountId}/${queueName}` },
          ...{ tables: tableNames('web'), backupPath: null, reportPath: null },
        },
        ...{ store, keys: { lookup: (id) => keys[id], queueSenders: () => undefined } },
        onFault: assert.ifError,
      });
      return (request) => {
        arrived = request;
        return handle(request);
      };
    },
  });
});

after(async () => {
  await server.close();
  await store.close();
});

/** Sends a request as it came, header for header. */
function resend({
  method,
  rawPath,
  rawQuery,
  headers,
  body,
}: ArrivedRequest): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(server.origin);
  return new Promise((resolve, reject) => {
    const path = rawQuery === '' ? rawPath : `${rawPath}?${rawQuery}`;
    const sent = httpRequest({
      hostname,
      port,
      method,
      path,
      headers: headers.flat(),
      setDefaultHeaders: false,
    });
    sent.once('error', reject);
    sent.once('response', (response) => {
      void text(response).then(
        (answered) => resolve({ status: response.statusCode!, body: answered }),
        reject,
      );
    });
    sent.end(body);
  });
}

const notAccepted =
  /Missing Authentication Token|does not match|security token|must be a|Signature|Credential should be|Date must be/;

describe('what others sign', { timeout: 120_000 }, () => {
  for (const request of foreignRequests) {
    it(`${request.client}: ${request.name}`, async () => {
      const answer = await sendForeign(server.origin, keyOf(request), request);
      assert.ok(![401, 403].includes(answer.status), `${answer.status} ${answer.body}`);
      assert.doesNotMatch(answer.body, notAccepted);
      const genuine = arrived;
      assert.equal((await resend(genuine)).status, answer.status, 'sent again as it was');
      const altered = alterations(genuine);
      assert.ok(altered.length >= 4);
      for (const { what, request: changed } of altered) {
        const refused = await resend(changed);
        assert.ok([400, 403].includes(refused.status), `${what}: ${refused.status} ${refused.body}`);
        assert.match(refused.body, notAccepted, what);
      }
    });
  }

  it('is refused with another secret', async () => {
    const wrong = { ...longTermKey, secretAccessKey: longTermKey.secretAccessKey.replace('K7', 'K8') };
    for (const client of ['curl', 'botocore', 'botocore-presigned'] as const) {
      const request = { name: '', client, method: 'GET', target: '/v1/metadata' } as const;
      const { status, errorType } = await sendForeign(server.origin, wrong, request);
      assert.deepEqual([status, errorType], [403, 'InvalidSignatureException'], client);
    }
  });
});

describe("botocore's client of SQS", { timeout: 60_000 }, () => {
  const MessageBody = (date: string) => JSON.stringify({ OpType: 'notify/ackevent', Events: [date] });
  const queueUrl = () => `${server.origin}/${accountId}/${queueName}`;
  const addEvent = (EventDate: string) => store.events.add({ EventDate });

  for (const [name, key] of [
    ['long-term', longTermKey],
    ['temporary', temporaryKey],
  ] as [string, ForeignKey][]) {
    it(`sends a message with ${name} credentials, and checks its digest`, async () => {
      await addEvent('2026-01-01 00:00:00+00:00');
      const answer = await callSqs(server.origin, key, {
        action: 'send_message',
        parameters: { QueueUrl: queueUrl(), MessageBody: MessageBody('2026-01-01 00:00:00+00:00') },
      });
      assert.ok('answer' in answer, JSON.stringify(answer));
      assert.match(String(answer.answer.MessageId), /^[0-9a-f-]{36}$/);
      assert.deepEqual(await store.events.events(), []);
    });
  }

  it('finds the queue, reads its attributes and sends a batch', async () => {
    const found = await callSqs(server.origin, longTermKey, {
      action: 'get_queue_url',
      parameters: { QueueName: queueName },
    });
    assert.equal('answer' in found && found.answer.QueueUrl, queueUrl());
    const told = await callSqs(server.origin, longTermKey, {
      action: 'get_queue_attributes',
      parameters: { QueueUrl: queueUrl(), AttributeNames: ['QueueArn'] },
    });
    assert.deepEqual('answer' in told && told.answer.Attributes, {
      QueueArn: `arn:aws:sqs:${region}:${accountId}:${queueName}`,
    });
    await addEvent('2026-01-02 00:00:00+00:00');
    const attribute = { DataType: 'String', StringValue: 'é' };
    const sent = await callSqs(server.origin, longTermKey, {
      action: 'send_message_batch',
      parameters: {
        QueueUrl: queueUrl(),
        Entries: [
          {
            Id: 'a',
            MessageBody: MessageBody('2026-01-02 00:00:00+00:00'),
            MessageAttributes: { n: attribute },
          },
          { Id: 'b', MessageBody: MessageBody('x'), DelaySeconds: 9 },
        ],
      },
    });
    assert.ok('answer' in sent, JSON.stringify(sent));
    const { Successful, Failed } = sent.answer as Record<string, Record<string, unknown>[]>;
    assert.deepEqual(
      [Successful?.[0]?.Id, Failed?.[0]?.Id, Failed?.[0]?.Code],
      ['a', 'b', 'InvalidParameterValue'],
    );
    assert.deepEqual(await store.events.events(), []);
  });

  it('is told why in the terms that it knows', async () => {
    const other = { QueueUrl: `${server.origin}/${accountId}/other`, MessageBody: 'x' };
    const missing = await callSqs(server.origin, longTermKey, { action: 'send_message', parameters: other });
    assert.equal('error' in missing && missing.error.Code, 'AWS.SimpleQueueService.NonExistentQueue');
    const wrong = { ...longTermKey, secretAccessKey: 'wrong' };
    const parameters = { QueueUrl: queueUrl(), MessageBody: 'x' };
    const refused = await callSqs(server.origin, wrong, { action: 'send_message', parameters });
    assert.deepEqual('error' in refused && [refused.status, refused.error.Code], [
      403,
      'SignatureDoesNotMatch',
    ]);
  });
});
