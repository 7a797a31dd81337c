// The queue without its listener: both protocols of SQS, who may send, what is done with a message, what is refused.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { parseXML } from '@aws-sdk/xml-builder';
import type { ReceivedRequest } from '../../../../../src/aws/sigv4/verify.ts';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import type { RefusedRequest } from '../../../../../src/interaction/server/gateway/refused-request.ts';
import type { AccessKey } from '../../../../../src/interaction/server/keys/access-key.ts';
import type { DroppedMessage } from '../../../../../src/interaction/server/queue/actions.ts';
import { createQueue, isQueueRequest } from '../../../../../src/interaction/server/queue/queue.ts';
import { type Store, StoreError } from '../../../../../src/interaction/server/store/store.ts';
import { accountId, deploymentOf, openStoreOfTwo } from '../deployment.ts';
import { nowMs, region, signedRequest, type Target } from '../signed-request.ts';

const rules = { allow: ['POST/notify/ackevent', 'POST/control/reschedulenow'], deny: [] };
const keys: Readonly<Record<string, AccessKey>> = {
  SENDER: {
    secretAccessKey: 's1',
    caller: 'AIDAS',
    userArn: `arn:aws:iam::${accountId}:user/ops/bob`,
    ...rules,
  },
  STRANGER: {
    secretAccessKey: 's2',
    caller: 'AIDAT',
    userArn: 'arn:aws:iam::222222222222:user/eve',
    ...rules,
  },
  READER: {
    secretAccessKey: 's3',
    caller: 'AIDAU',
    userArn: `arn:aws:iam::${accountId}:user/ops/amy`,
    allow: ['GET/*'],
    deny: [],
  },
  DENIED: {
    secretAccessKey: 's4',
    caller: 'AIDAV',
    userArn: `arn:aws:iam::${accountId}:user/ops/joe`,
    allow: ['*'],
    deny: ['POST/notify/*'],
  },
};
const path = `/${accountId}/CloneSquad-Interact-web`;
const queueUrl = `https://api.example.com${path}`;
const ack = (...dates: string[]) => JSON.stringify({ OpType: 'Notify/AckEvent', Events: dates });
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

let store: Store;
let dropped: DroppedMessage[];
let refused: RefusedRequest[];
let faults: unknown[];
before(async () => {
  store = await openStoreOfTwo();
});
after(() => store.close());
beforeEach(() => {
  dropped = [];
  refused = [];
  faults = [];
});

interface Asking {
  readonly keyId?: string;
  readonly dialect?: Dialect;
  readonly senders?: readonly string[] | undefined;
  readonly store?: Store;
}

function queue({ dialect = 'd2', senders, store: one = store }: Asking) {
  return createQueue({
    deployment: deploymentOf(dialect),
    store: one,
    keys: { lookup: (id) => keys[id], queueSenders: () => senders },
    nowMs: () => nowMs,
    onDropped: (message) => void dropped.push(message),
    onRefused: (request) => void refused.push(request),
    onFault: (error) => void faults.push(error),
  });
}

async function ask(target: Target, asking: Asking = {}) {
  const { keyId = 'SENDER' } = asking;
  const request = await signedRequest(keyId, keys[keyId]!, { service: 'sqs', method: 'POST', ...target });
  assert.ok(isQueueRequest(request));
  const answer = await queue(asking)(request);
  return { ...answer, body: answer.body.toString() };
}

async function askQuery(parameters: Record<string, string>, asking: Asking = {}, at = path) {
  const body = new URLSearchParams(parameters).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const answer = await ask({ target: at, headers, body }, asking);
  assert.equal(answer.headers['Content-Type'], 'text/xml');
  assert.doesNotThrow(() => parseXML(answer.body), answer.body);
  return answer;
}

async function askJson(action: string, members: object, asking: Asking = {}) {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` };
  const answer = await ask({ target: '/', headers, body: JSON.stringify(members) }, asking);
  assert.equal(answer.headers['Content-Type'], 'application/x-amz-json-1.0');
  return { ...answer, document: JSON.parse(answer.body) as Record<string, unknown> };
}

async function events(): Promise<readonly string[]> {
  return (await store.events.events()).map(({ EventDate }) => EventDate);
}

describe('SendMessage', () => {
  it('is performed before it is answered, in the Query protocol', async () => {
    await store.events.add({ EventDate: '2026-01-01 00:00:00+00:00' });
    const MessageBody = ack('2026-01-01 00:00:00+00:00');
    const { status, body, headers } = await askQuery({ Action: 'SendMessage', MessageBody });
    assert.equal(status, 200, body);
    assert.deepEqual(await events(), []);
    const pattern =
      /^<\?xml version="1\.0"\?><SendMessageResponse xmlns="http:\/\/queue\.amazonaws\.com\/doc\/2012-11-05\/"><SendMessageResult><MessageId>[0-9a-f-]{36}<\/MessageId><MD5OfMessageBody>([0-9a-f]{32})<\/MD5OfMessageBody><\/SendMessageResult><ResponseMetadata><RequestId>([0-9a-f-]{36})<\/RequestId><\/ResponseMetadata><\/SendMessageResponse>$/;
    const [, digest, requestId] = pattern.exec(body) ?? [];
    assert.equal(digest, md5(MessageBody), body);
    assert.equal(requestId, headers['x-amzn-RequestId']);
    assert.deepEqual([dropped, refused, faults], [[], [], []]);
  });

  it('is performed before it is answered, in the JSON protocol', async () => {
    await store.events.add({ EventDate: '2026-01-02 00:00:00+00:00' });
    const MessageBody = ack('2026-01-02 00:00:00+00:00');
    const { status, document } = await askJson('SendMessage', {
      QueueUrl: queueUrl,
      MessageBody,
      DelaySeconds: 0,
    });
    assert.equal(status, 200);
    assert.deepEqual(await events(), []);
    assert.deepEqual(Object.keys(document), ['MessageId', 'MD5OfMessageBody']);
    assert.equal(document.MD5OfMessageBody, md5(MessageBody));
  });

  it('finds the queue by QueueUrl when the path is only a slash, and by a GET', async () => {
    const parameters = { Action: 'SendMessage', MessageBody: ack(), QueueUrl: queueUrl };
    assert.equal((await askQuery(parameters, {}, '/')).status, 200);
    const target = `/?${new URLSearchParams(parameters).toString().replaceAll('+', '%20')}`;
    assert.equal((await ask({ method: 'GET', target })).status, 200);
  });

  it('digests attributes as SQS does', async () => {
    const attributes = {
      b: { DataType: 'Number.int', StringValue: '12' },
      a: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]).toString('base64') },
    };
    const chunk = (bytes: string | Buffer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.from(bytes as string).length);
      return Buffer.concat([length, Buffer.from(bytes as string)]);
    };
    const encoded = [
      ...[chunk('a'), chunk('Binary'), Buffer.of(2), chunk(Buffer.from([1, 2]))],
      ...[chunk('b'), chunk('Number.int'), Buffer.of(1), chunk('12')],
    ];
    const expected = createHash('md5').update(Buffer.concat(encoded)).digest('hex');
    const members = { QueueUrl: queueUrl, MessageBody: ack(), MessageAttributes: attributes };
    const { document } = await askJson('SendMessage', members);
    assert.equal(document.MD5OfMessageAttributes, expected);
    const { body } = await askQuery({
      ...{ Action: 'SendMessage', MessageBody: ack() },
      ...{ 'MessageAttribute.1.Name': 'b', 'MessageAttribute.1.Value.DataType': 'Number.int' },
      ...{ 'MessageAttribute.1.Value.StringValue': '12', 'MessageAttribute.2.Name': 'a' },
      'MessageAttribute.2.Value.DataType': 'Binary',
      'MessageAttribute.2.Value.BinaryValue': attributes.a.BinaryValue,
    });
    assert.match(body, new RegExp(`<MD5OfMessageAttributes>${expected}</`));
  });
});

describe('a message', () => {
  const performed: [string, string, Dialect][] = [
    ['another case', '{"OpType":"NOTIFY/ackevent","Events":[]}', 'd0'],
    ['percent-encoding', '{"OpType":"notify%2Fackevent","Events":[]}', 'd2'],
    ['a delay', '{"OpType":"control/reschedulenow","delay":3}', 'd1'],
  ];
  for (const [name, MessageBody, dialect] of performed) {
    it(`in ${name} is performed`, async () => {
      const senders = ['arn:aws:iam::*:user/*'];
      const { status, body } = await askQuery({ Action: 'SendMessage', MessageBody }, { dialect, senders });
      assert.equal(status, 200, body);
      assert.deepEqual(dropped, []);
    });
  }

  const poison: [string, RegExp][] = [
    ['no JSON', /^it is no JSON object$/],
    ['[1]', /^it is no JSON object$/],
    ['{"Events":[]}', /^it has no OpType$/],
    ['{"OpType":7}', /^its OpType is no string$/],
    ['{"OpType":"/notify/ackevent"}', /^its OpType "\/notify\/ackevent" is no operation$/],
    ['{"OpType":"notify//ackevent"}', /is no operation$/],
    ['{"OpType":"nothing\\nelse"}', /^its OpType "nothing\\nelse" is no operation$/],
    ['{"OpType":"metadata"}', /^its OpType "metadata" is not for the queue$/],
    ['{"OpType":""}', /^its OpType "" is not for the queue$/],
    ['{"OpType":"configuration/app.disable"}', /is not for the queue$/],
    ['{"OpType":"control/instances/unstoppable"}', /is not for the queue$/],
    [
      '{"OpType":"control/reschedulenow","delay":"soon"}',
      /^its OpType "control\/reschedulenow" could not be done: /,
    ],
  ];
  for (const [MessageBody, reason] of poison) {
    it(`${MessageBody} is accepted and dropped, and told of once`, async () => {
      const { status, document } = await askJson('SendMessage', { QueueUrl: queueUrl, MessageBody });
      assert.equal(status, 200);
      assert.equal(document.MD5OfMessageBody, md5(MessageBody));
      assert.equal(dropped.length, 1);
      assert.equal(dropped[0]!.userArn, keys.SENDER!.userArn);
      assert.match(dropped[0]!.reason, reason);
    });
  }

  it('of another dialect is dropped', async () => {
    const asking: Asking = { dialect: 'd1', senders: ['*'] };
    await askJson('SendMessage', { QueueUrl: queueUrl, MessageBody: '{"OpType":"backup"}' }, asking);
    assert.match(dropped[0]!.reason, /^its OpType "backup" is no operation$/);
  });

  const refusals: [string, object, string, RegExp][] = [
    ['no body', {}, 'MissingParameter', /MessageBody/],
    ['a body over 256 KiB', { MessageBody: 'é'.repeat(131_073) }, 'InvalidParameterValue', /262144 bytes/],
    [
      'attributes that make it longer',
      {
        MessageBody: 'x'.repeat(262_144),
        MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
      },
      'InvalidParameterValue',
      /262144 bytes/,
    ],
    [
      'characters that XML has not',
      { MessageBody: 'a\u0000' },
      'InvalidMessageContents',
      /Invalid characters/,
    ],
    [
      'a delay',
      { MessageBody: ack(), DelaySeconds: 5 },
      'InvalidParameterValue',
      /^Value 5 for parameter DelaySeconds is invalid\. Reason: .*only be 0\.$/,
    ],
    [
      'an attribute without a value',
      { MessageBody: ack(), MessageAttributes: { a: { DataType: 'String' } } },
      'InvalidParameterValue',
      /message attribute 'a'/,
    ],
    ['a body of another type', { MessageBody: 7 }, 'MalformedInput', /MessageBody is not a string/],
  ];
  for (const [name, members, code, message] of refusals) {
    it(`with ${name} is refused`, async () => {
      const { status, headers, document } = await askJson('SendMessage', { QueueUrl: queueUrl, ...members });
      assert.equal(status, 400);
      assert.equal(headers['x-amzn-query-error'], `${code};Sender`);
      assert.match(String(document.message), message);
      assert.deepEqual(dropped, []);
    });
  }

  it('of exactly 256 KiB is not', async () => {
    const { status } = await askQuery({ Action: 'SendMessage', MessageBody: 'x'.repeat(262_144) });
    assert.equal(status, 200);
  });

  it('that the store cannot keep is not acknowledged, to be sent again', async () => {
    const fault = new StoreError('disk full');
    const broken: Store = { ...store, events: { ...store.events, remove: () => Promise.reject(fault) } };
    const query = await askQuery({ Action: 'SendMessage', MessageBody: ack('x') }, { store: broken });
    assert.equal(query.status, 503);
    assert.match(query.body, /<Error><Type>Receiver<\/Type><Code>ServiceUnavailable<\/Code>/);
    const json = await askJson(
      'SendMessage',
      { QueueUrl: queueUrl, MessageBody: ack('x') },
      { store: broken },
    );
    assert.equal(json.status, 503);
    assert.equal(json.headers['x-amzn-query-error'], 'ServiceUnavailable;Receiver');
    assert.deepEqual(faults, [fault, fault]);
  });
});

describe('SendMessageBatch', () => {
  it('performs each entry, and tells which failed', async () => {
    const entries = [
      { Id: 'a', MessageBody: ack() },
      { Id: 'b', MessageBody: ack(), DelaySeconds: 1 },
      { Id: 'c', MessageBody: '{"OpType":"unknown"}' },
    ];
    const { status, document } = await askJson('SendMessageBatch', { QueueUrl: queueUrl, Entries: entries });
    assert.equal(status, 200);
    const { Successful, Failed } = document as Record<string, Record<string, unknown>[]>;
    assert.deepEqual(
      Successful!.map(({ Id, MD5OfMessageBody }) => [Id, MD5OfMessageBody]),
      [
        ['a', md5(ack())],
        ['c', md5('{"OpType":"unknown"}')],
      ],
    );
    const [{ Id, Code, SenderFault } = {}] = Failed!;
    assert.deepEqual([Id, Code, SenderFault], ['b', 'InvalidParameterValue', true]);
    assert.equal(dropped.length, 1);
  });

  it('reads and answers the Query protocol', async () => {
    const { body } = await askQuery({
      Action: 'SendMessageBatch',
      'SendMessageBatchRequestEntry.2.Id': 'second',
      'SendMessageBatchRequestEntry.2.MessageBody': ack(),
      'SendMessageBatchRequestEntry.2.DelaySeconds': '900',
      'SendMessageBatchRequestEntry.1.Id': 'first',
      'SendMessageBatchRequestEntry.1.MessageBody': ack(),
      'SendMessageBatchRequestEntry.1.MessageAttribute.1.Name': 'n',
      'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType': 'String',
      'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue': 'v',
    });
    const entry =
      /<SendMessageBatchResultEntry><Id>first<\/Id><MessageId>[^<]+<\/MessageId><MD5OfMessageBody>(.{32})<\/MD5OfMessageBody><MD5OfMessageAttributes>.{32}<\/MD5OfMessageAttributes><\/SendMessageBatchResultEntry>/;
    assert.equal(entry.exec(body)?.[1], md5(ack()), body);
    assert.match(
      body,
      /<BatchResultErrorEntry><Id>second<\/Id><Code>InvalidParameterValue<\/Code><Message>[^<]+<\/Message><SenderFault>true</,
    );
  });

  const entry = (Id: string, MessageBody = ack()) => ({ Id, MessageBody });
  const refusals: [string, object[], string][] = [
    ['no entries', [], 'EmptyBatchRequest'],
    ['eleven', Array.from({ length: 11 }, (_, index) => entry(`e${index}`)), 'TooManyEntriesInBatchRequest'],
    ['an id twice', [entry('a'), entry('a')], 'BatchEntryIdsNotDistinct'],
    ['an id that is none', [entry('a b')], 'InvalidBatchEntryId'],
    ['no id', [{ MessageBody: ack() }], 'InvalidBatchEntryId'],
    [
      'too much in all',
      [entry('a', 'x'.repeat(200_000)), entry('b', 'x'.repeat(62_145))],
      'BatchRequestTooLong',
    ],
  ];
  for (const [name, Entries, code] of refusals) {
    it(`with ${name} is refused as a whole`, async () => {
      const { status, document, headers } = await askJson('SendMessageBatch', {
        QueueUrl: queueUrl,
        Entries,
      });
      assert.equal(status, 400);
      assert.equal(document.__type, `com.amazonaws.sqs#${code}`);
      assert.equal(headers['x-amzn-query-error'], `AWS.SimpleQueueService.${code};Sender`);
      assert.deepEqual(dropped, []);
    });
  }
});

describe('in a region of another partition', () => {
  const [region, arn] = ['cn-north-1', `arn:aws-cn:sqs:cn-north-1:${accountId}:CloneSquad-Interact-web`];
  const ofRegion = async (senders: readonly string[], parameters: Record<string, string>) => {
    const handle = createQueue({
      deployment: { ...deploymentOf('d2'), region },
      store,
      keys: { lookup: (id) => keys[id], queueSenders: () => senders },
      nowMs: () => nowMs,
      onFault: (error) => void faults.push(error),
    });
    const request = { target: path, method: 'POST', service: 'sqs', region };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams(parameters).toString();
    const answer = await handle(await signedRequest('SENDER', keys.SENDER!, { ...request, headers, body }));
    return answer.body.toString();
  };

  it('refuses by its ARN', async () => {
    const refusal = await ofRegion([], { Action: 'SendMessage', MessageBody: ack() });
    assert.ok(
      refusal.includes(`is not authorized to perform: sqs:sendmessage on resource: ${arn} `),
      refusal,
    );
  });

  it('tells its ARN', async () => {
    const told = await ofRegion(['*'], { Action: 'GetQueueAttributes', 'AttributeName.1': 'QueueArn' });
    assert.ok(told.includes(`<Value>${arn}</Value>`), told);
  });
});

describe('what the queue tells of itself', () => {
  it('its URL', async () => {
    const { document } = await askJson('GetQueueUrl', { QueueName: 'CloneSquad-Interact-web' });
    assert.deepEqual(document, { QueueUrl: queueUrl });
    const { body } = await askQuery({ Action: 'GetQueueUrl', QueueName: 'CloneSquad-Interact-web' }, {}, '/');
    assert.match(body, new RegExp(`<GetQueueUrlResult><QueueUrl>${queueUrl}</QueueUrl></GetQueueUrlResult>`));
  });

  it('its attributes, those asked for', async () => {
    const all = await askJson('GetQueueAttributes', { QueueUrl: queueUrl, AttributeNames: ['All'] });
    const { QueueArn, MessageRetentionPeriod } = all.document.Attributes as Record<string, string>;
    assert.deepEqual(
      [QueueArn, MessageRetentionPeriod],
      [`arn:aws:sqs:${region}:${accountId}:CloneSquad-Interact-web`, '3600'],
    );
    const { body } = await askQuery({ Action: 'GetQueueAttributes', 'AttributeName.1': 'VisibilityTimeout' });
    const result =
      '<GetQueueAttributesResult><Attribute><Name>VisibilityTimeout</Name><Value>900</Value></Attribute></GetQueueAttributesResult>';
    assert.ok(body.includes(result), body);
    const none = await askQuery({ Action: 'GetQueueAttributes', 'AttributeName.1': 'constructor' });
    assert.match(none.body, /<Code>InvalidAttributeName<\/Code>/);
  });

  const refusals: [string, string, object, string][] = [
    ['another queue', 'GetQueueUrl', { QueueName: 'other' }, 'AWS.SimpleQueueService.NonExistentQueue'],
    [
      "another account's",
      'GetQueueUrl',
      { QueueName: 'CloneSquad-Interact-web', QueueOwnerAWSAccountId: '222222222222' },
      'AWS.SimpleQueueService.NonExistentQueue',
    ],
    [
      'a URL that is none',
      'SendMessage',
      { QueueUrl: 'x', MessageBody: 'y' },
      'AWS.SimpleQueueService.NonExistentQueue',
    ],
    ['receiving', 'ReceiveMessage', { QueueUrl: queueUrl }, 'AWS.SimpleQueueService.UnsupportedOperation'],
  ];
  for (const [name, action, members, code] of refusals) {
    it(`nothing of ${name}`, async () => {
      const { status, headers } = await askJson(action, members);
      assert.deepEqual([status, headers['x-amzn-query-error']], [400, `${code};Sender`]);
    });
  }
});

describe('who may send', () => {
  const { userArn } = keys.SENDER!;
  const cases: [string, string, Dialect, readonly string[] | undefined, boolean][] = [
    ['a key of the account in D2', 'SENDER', 'd2', undefined, true],
    ['a key of another account in D2', 'STRANGER', 'd2', undefined, false],
    ['nobody in D1', 'SENDER', 'd1', undefined, false],
    ['nobody in D0', 'SENDER', 'd0', undefined, false],
    ['whoever is listed', 'SENDER', 'd0', [userArn], true],
    ['whoever a pattern names', 'STRANGER', 'd1', ['arn:aws:iam::??????222222:user/*'], true],
    ['nobody else', 'SENDER', 'd2', ['arn:aws:iam::*:user/eve'], false],
    ['nobody when the list is empty', 'SENDER', 'd2', [], false],
  ];
  for (const [name, keyId, dialect, senders, isAllowed] of cases) {
    it(name, async () => {
      const answer = await askQuery(
        { Action: 'SendMessage', MessageBody: ack() },
        { keyId, dialect, senders },
      );
      if (isAllowed) {
        assert.equal(answer.status, 200, answer.body);
        return;
      }
      assert.equal(answer.status, 403);
      assert.match(answer.body, /<Type>Sender<\/Type><Code>AccessDenied<\/Code>/);
      const said = `User: ${keys[keyId]!.userArn} is not authorized to perform: sqs:sendmessage on resource: `;
      assert.ok(answer.body.includes(said), answer.body);
      assert.deepEqual(refused, [{ peerAddress: undefined, accessKeyId: keyId, reason: 'not-allowed' }]);
    });
  }

  const all = ['*'];
  const notAllowed = /because no identity-based policy allows .*do not allow POST\/notify\/ackevent/;
  const denied = /with an explicit deny in an identity-based policy: .*deny POST\/notify\/ackevent/;
  const byRules: [string, string, readonly string[] | undefined, RegExp | null][] = [
    ['a key whose rules do not allow it', 'READER', undefined, notAllowed],
    ['such a key that is listed', 'READER', all, null],
    ['a key whose rules deny it', 'DENIED', undefined, denied],
    ['such a key that is listed, too', 'DENIED', all, denied],
  ];
  for (const [name, keyId, senders, refusal] of byRules) {
    it(`${name}: ${refusal === null ? 'may' : 'may not'}`, async () => {
      const message = { Action: 'SendMessage', MessageBody: ack() };
      const { status, body } = await askQuery(message, { keyId, senders });
      assert.equal(status, refusal === null ? 200 : 403, body);
      assert.equal(refused.length, refusal === null ? 0 : 1);
      if (refusal === null) return;
      assert.match(body, /<Code>AccessDenied<\/Code>/);
      assert.match(body, refusal);
    });
  }

  it('is asked for each entry of a batch', async () => {
    const Entries = [
      { Id: 'a', MessageBody: ack() },
      { Id: 'b', MessageBody: '{"OpType":"control/reschedulenow"}' },
      { Id: 'c', MessageBody: 'no operation' },
    ];
    const members = { QueueUrl: queueUrl, Entries };
    const { status, document } = await askJson('SendMessageBatch', members, { keyId: 'DENIED' });
    assert.equal(status, 200);
    const { Successful, Failed } = document as Record<string, Record<string, unknown>[]>;
    assert.deepEqual(
      Successful!.map(({ Id }) => Id),
      ['b', 'c'],
    );
    const [{ Id, Code, SenderFault } = {}] = Failed!;
    assert.deepEqual([Id, Code, SenderFault], ['a', 'AccessDenied', true]);
    assert.equal(dropped.length, 1);
  });

  it('is told in the JSON protocol as well', async () => {
    const members = { QueueUrl: queueUrl, MessageBody: ack() };
    const { status, headers, document } = await askJson('SendMessage', members, { senders: [] });
    assert.deepEqual([status, headers['x-amzn-query-error']], [403, 'AccessDenied;Sender']);
    assert.equal(document.__type, 'com.amazon.coral.service#AccessDeniedException');
  });
});

describe('signatures', () => {
  const parameters = { Action: 'SendMessage', MessageBody: ack() };
  const target: Target = {
    target: path,
    method: 'POST',
    service: 'sqs',
    body: `${new URLSearchParams(parameters)}`,
  };
  const changes: [string, (request: ReceivedRequest) => ReceivedRequest, number, string][] = [
    ['another body', (one) => ({ ...one, body: Buffer.from('Action=x') }), 403, 'SignatureDoesNotMatch'],
    ['another queue', (one) => ({ ...one, rawPath: `/${accountId}/other` }), 403, 'SignatureDoesNotMatch'],
    ['none', (one) => ({ ...one, headers: [] }), 403, 'MissingAuthenticationToken'],
  ];
  for (const [name, change, status, code] of changes) {
    it(`are for one request: ${name}`, async () => {
      const request = await signedRequest('SENDER', keys.SENDER!, target);
      const answer = await queue({})(change(request));
      assert.equal(answer.status, status);
      assert.match(answer.body.toString(), new RegExp(`<Code>${code}</Code>`));
      assert.equal(refused.length, 1);
    });
  }

  it('for the API are none for the queue', async () => {
    const answer = await ask({ ...target, service: 'execute-api' });
    assert.match(answer.body, /<Code>SignatureDoesNotMatch<\/Code>.*correct service: (?:'|&apos;|&#39;)sqs/);
    assert.equal(answer.status, 403);
  });

  it('of an unknown key', async () => {
    const request = await signedRequest('NOBODY', keys.SENDER!, target);
    const answer = await queue({})(request);
    assert.match(answer.body.toString(), /<Code>InvalidClientTokenId<\/Code>/);
  });
});

describe('what is repeated of a request', () => {
  it('leaves the answer XML', async () => {
    const { status, body } = await askQuery({ Action: 'Send\u0000\u001b</Message>\ufffe' });
    assert.equal(status, 400);
    assert.match(body, /<Message>Send\ufffd\ufffd&lt;\/Message&gt;\ufffd is not supported/);
  });

  it('is refused when it is of the wrong type, however deep', async () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const body of [
      `{"QueueUrl":"${queueUrl}","MessageBody":"{}","DelaySeconds":${nested}}`,
      `{"QueueUrl":"${queueUrl}","AttributeNames":[${nested}]}`,
    ]) {
      const action = body.includes('MessageBody') ? 'SendMessage' : 'GetQueueAttributes';
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` };
      const answer = await ask({ target: '/', headers, body });
      assert.equal(answer.status, 400, answer.body);
      assert.match(answer.body, /SerializationException.*is not a string/);
    }
    assert.deepEqual(faults, []);
  });
});

describe('which requests are for the queue', () => {
  const cases: [string, string, boolean][] = [
    ['POST', '/', true],
    ['GET', '/?Action=GetQueueUrl', true],
    ['GET', '/', false],
    ['GET', '/111111111111/x', true],
    ['POST', '/v1/metadata', false],
    ['POST', '/v1/', false],
    ['GET', '/1/x', false],
    ['GET', '/111111111111/x/y', false],
  ];
  for (const [method, target, expected] of cases) {
    it(`${method} ${target}: ${expected ? 'these' : 'not these'}`, () => {
      const [rawPath, rawQuery = ''] = target.split('?') as [string, string?];
      assert.equal(
        isQueueRequest({ method, rawPath, rawQuery, headers: [], body: Buffer.alloc(0) }),
        expected,
      );
    });
  }
});
