// The requests that the store makes of DynamoDB, and what it makes of the answers.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { CredentialSource } from '../../../../../src/aws/credentials.ts';
import { openDynamoDbStore } from '../../../../../src/interaction/server/store/dynamodb-store.ts';
import { type Store, StoreError } from '../../../../../src/interaction/server/store/store.ts';
import { anyCredentials } from '../../../../fixtures/dynalite.ts';
import {
  type ScriptedAnswer,
  type ScriptedDynamoDb,
  type ScriptedRequest,
  startScriptedDynamoDb,
} from './scripted-dynamodb.ts';

const nowMs = () => 1_000_999;
const table = 'CloneSquad-web-Configuration';

/** A store over a DynamoDB that answers as told. */
async function openScripted(
  answer: (request: ScriptedRequest, earlier: readonly ScriptedRequest[]) => ScriptedAnswer | undefined,
  credentials: CredentialSource = anyCredentials,
): Promise<{ store: Store; dynamodb: ScriptedDynamoDb }> {
  const dynamodb = await startScriptedDynamoDb(answer);
  after(() => dynamodb.close());
  const env = { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url };
  const options = { group: 'web', region: 'eu-west-1', env, credentials, createTables: false, nowMs };
  const { store } = await openDynamoDbStore(options);
  after(() => store.close());
  return { store, dynamodb };
}

describe('items of CloneSquad', () => {
  it('are read as it reads them', async () => {
    const { store } = await openScripted(({ operation }) =>
      operation === 'Scan'
        ? {
            Items: [
              { Key: { S: 'b' }, Value: { S: '2' }, ExpirationTime: { N: '1001' }, Other: { BOOL: true } },
              { Key: { S: 'no value' } },
              { Key: { S: 'an empty one' }, Value: { S: '' } },
              { Key: { S: 'a number' }, Value: { N: '1' } },
              { Value: { S: 'no key' } },
              { Key: { S: 'expired' }, Value: { S: 'v' }, ExpirationTime: { N: '1000' } },
              { Key: { S: 'a fraction' }, Value: { S: 'v' }, ExpirationTime: { N: '1000.5' } },
              { Key: { S: 'a' }, Value: { S: '1' } },
            ],
          }
        : undefined,
    );
    assert.deepEqual(await store.configuration.items(), [
      { key: 'a', value: '1' },
      { key: 'a fraction', value: 'v', expiresAtS: 1001 },
      { key: 'b', value: '2', expiresAtS: 1001 },
    ]);
  });

  it('are put whole, with no other attribute', async () => {
    const { store, dynamodb } = await openScripted(() => undefined);
    await store.configuration.write([
      { key: 'a', value: '1', expiresAtS: 2_000 },
      { key: 'b', value: null },
    ]);
    assert.deepEqual(dynamodb.of('BatchWriteItem')[0]?.body.RequestItems, {
      [table]: [
        { PutRequest: { Item: { Key: { S: 'a' }, Value: { S: '1' }, ExpirationTime: { N: '2000' } } } },
        { DeleteRequest: { Key: { Key: { S: 'b' } } } },
      ],
    });
  });

  it('are read consistently, page by page', async () => {
    const { store, dynamodb } = await openScripted(({ operation, body }) => {
      if (operation !== 'Scan') return undefined;
      const page = Number(body.ExclusiveStartKey?.Key.S ?? 0) + 1;
      const Items = [{ Key: { S: `k${page}` }, Value: { S: 'v' } }];
      return page < 3 ? { Items, LastEvaluatedKey: { Key: { S: String(page) } } } : { Items };
    });
    const keys = (await store.state.items('k')).map(({ key }) => key);
    assert.deepEqual(keys, ['k1', 'k2', 'k3']);
    await store.state.get('k');
    for (const { body } of [...dynamodb.of('Scan'), ...dynamodb.of('GetItem')]) {
      assert.equal(body.ConsistentRead, true);
      assert.equal(body.TableName, 'CloneSquad-web-State');
    }
  });

  const tooLarge = {
    'a value': [
      { key: 'k', value: 'é'.repeat(205_000) },
      /"k": an item of 410009 bytes is larger than the 409600/,
    ],
    'a key': [{ key: 'é'.repeat(1_025), value: 'v' }, /^a key of 2050 bytes is larger than the 2048/],
  } as const;
  for (const [kind, [change, message]] of Object.entries(tooLarge)) {
    it(`are refused for ${kind} that is too large, before anything is written`, async () => {
      const { store, dynamodb } = await openScripted(() => undefined);
      const refusal = { name: 'StoreError', message };
      await assert.rejects(store.state.write([{ key: 'beside', value: 'v' }, change]), refusal);
      await assert.rejects(store.state.writeIf(null, change), refusal);
      await assert.rejects(store.events.add({ EventDate: change.key, Input: change.value }), {
        name: 'StoreError',
      });
      assert.deepEqual(dynamodb.of('BatchWriteItem'), []);
      assert.deepEqual(dynamodb.of('PutItem'), []);
    });
  }

  it('may be as large as DynamoDB takes them', async () => {
    const { store, dynamodb } = await openScripted(() => undefined);
    await store.state.write([
      { key: 'k', value: 'x'.repeat(409_600 - 'Key'.length - 'k'.length - 'Value'.length) },
    ]);
    assert.equal(dynamodb.of('BatchWriteItem').length, 1);
  });
});

describe('what DynamoDB has no capacity for', () => {
  const changes = Array.from({ length: 30 }, (_, index) => ({ key: `k${index}`, value: 'v' }));

  it('is sent again until it is written, batch by batch', async () => {
    // Of each batch, the first three are put off twice.
    const { store, dynamodb } = await openScripted(({ operation, body }, earlier) => {
      if (operation !== 'BatchWriteItem') return undefined;
      const items = body.RequestItems[table] as unknown[];
      const isAgain = earlier.filter((request) =>
        JSON.stringify(request.body).includes(JSON.stringify(items[0])),
      );
      return isAgain.length < 2
        ? { UnprocessedItems: { [table]: items.slice(0, 3) } }
        : { UnprocessedItems: {} };
    });
    await store.configuration.write(changes);
    const sizes = dynamodb.of('BatchWriteItem').map(({ body }) => body.RequestItems[table].length);
    assert.deepEqual(sizes, [25, 3, 3, 5, 3, 3]);
  });
});

describe('a condition that fails', () => {
  const failed = 'ConditionalCheckFailedException';
  // The first answer is lost; the item may be as this store wants it because of its own first attempt.
  const cases = [
    ['its own change', { Key: { S: 'k' }, Value: { S: 'new' } }, true],
    ['the change of another', { Key: { S: 'k' }, Value: { S: 'other' } }, false],
    ['a deletion by another', undefined, false],
  ] as const;
  for (const [kind, Item, isMade] of cases) {
    it(`after an answer was lost, on ${kind}`, async () => {
      const { store, dynamodb } = await openScripted(({ operation }, earlier) => {
        if (operation === 'GetItem') return { Item };
        if (operation !== 'PutItem') return undefined;
        return earlier.some((request) => request.operation === 'PutItem') ? failed : 'none';
      });
      assert.equal(await store.state.writeIf('old', { key: 'k', value: 'new' }), isMade);
      assert.equal(dynamodb.of('PutItem').length, 2);
    });
  }

  it('after the answer to a deletion was lost', async () => {
    const { store } = await openScripted(({ operation }, earlier) => {
      if (operation !== 'DeleteItem') return undefined;
      return earlier.some((request) => request.operation === 'DeleteItem') ? failed : 'none';
    });
    assert.equal(await store.state.writeIf('old', { key: 'k', value: null }), true);
  });

  for (const [kind, Input, isAdded] of [
    ['its own event', 'x', true],
    ["another's event", 'y', false],
  ] as const) {
    it(`after an answer was lost, on ${kind}`, async () => {
      const { store } = await openScripted(({ operation }, earlier) => {
        if (operation === 'GetItem') return { Item: { Input: { S: Input }, EventDate: { S: 'd' } } };
        if (operation !== 'PutItem') return undefined;
        return earlier.some((request) => request.operation === 'PutItem') ? failed : 'none';
      });
      assert.equal(await store.events.add({ EventDate: 'd', Input: 'x' }), isAdded);
    });
  }

  it('at the first attempt is believed', async () => {
    const { store, dynamodb } = await openScripted(({ operation }) =>
      operation === 'PutItem' ? failed : undefined,
    );
    assert.equal(await store.state.writeIf(null, { key: 'k', value: 'new' }), false);
    assert.equal(dynamodb.of('GetItem').length, 0);
  });
});

describe('credentials', () => {
  /** Hands out a new key after each refusal. */
  const createSource = (): CredentialSource & { asked: number } => {
    let generation = 1;
    return {
      asked: 0,
      async get() {
        this.asked++;
        return { accessKeyId: `AKID${generation}`, secretAccessKey: 's', sessionToken: `t${generation}` };
      },
      invalidate: () => void generation++,
    };
  };

  it('are renewed when they are refused, once', async () => {
    const source = createSource();
    const { store } = await openScripted(
      ({ operation, headers }) =>
        operation === 'GetItem' && headers['x-amz-security-token'] === 't1'
          ? 'ExpiredTokenException'
          : undefined,
      source,
    );
    assert.equal(await store.state.get('k'), null);
  });

  it('that are refused again are an error', async () => {
    const { store, dynamodb } = await openScripted(
      ({ operation }) => (operation === 'GetItem' ? 'UnrecognizedClientException' : undefined),
      createSource(),
    );
    await assert.rejects(store.state.get('k'), {
      name: 'StoreError',
      message: 'DynamoDB: CloneSquad-web-State: UnrecognizedClientException: scripted',
    });
    assert.equal(dynamodb.of('GetItem').length, 2);
  });

  it('are asked of their source for each request, as it knows which are good', async () => {
    const source = createSource();
    const { store } = await openScripted(() => undefined, source);
    const before = source.asked;
    await store.state.get('k');
    await store.state.get('k');
    assert.ok(source.asked >= before + 2);
  });

  it('that cannot be had are an error', async () => {
    const source: CredentialSource = {
      get: async () => {
        throw new Error('no AWS credentials: none found');
      },
      invalidate: () => undefined,
    };
    await assert.rejects(
      openScripted(() => undefined, source),
      { name: 'StoreError', message: /^DynamoDB: CloneSquad-web-\w+: .*no AWS credentials: none found$/ },
    );
  });
});

describe('failures', () => {
  it('say which table, what, and why', async () => {
    const { store } = await openScripted(({ operation }) =>
      operation.startsWith('Describe') ? undefined : 'AccessDeniedException',
    );
    const expected = {
      name: 'StoreError',
      message: 'DynamoDB: CloneSquad-web-EventLog: AccessDeniedException: scripted',
    };
    await assert.rejects(store.events.events(), expected);
    await assert.rejects(store.events.add({ EventDate: 'd' }), expected);
    await assert.rejects(store.events.remove('d'), expected);
    await assert.rejects(store.events.setAckDate('d', 'x'), expected);
  });

  it('come when nothing answers', async () => {
    const { store, dynamodb } = await openScripted(() => undefined);
    await dynamodb.close();
    await assert.rejects(store.state.get('k'), (error: Error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, /^DynamoDB: CloneSquad-web-State: .*ECONNREFUSED/);
      return true;
    });
  });
});
