// One key/value table of CloneSquad in DynamoDB.
import { setTimeout } from 'node:timers/promises';
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { byCodePoint } from '../../contract/python-json.ts';
import { checkedChange } from './checked-change.ts';
import { type Attributes, toAttributes, toStoredItem } from './dynamodb-items.ts';
import { type DynamoDbRequests, sendConditionally } from './dynamodb-requests.ts';
import { scan } from './dynamodb-scan.ts';
import { type Change, type KeyValueTable, type StoredItem, StoreError } from './store.ts';

/** What BatchWriteItem takes. */
const maxBatchItems = 25;
const maxBatchAttempts = 8;
const firstPauseMs = 50;

/** The table of that name, which is there already. `nowS` is in epoch seconds. */
export function createKeyValueTable(
  requests: DynamoDbRequests,
  table: string,
  nowS: () => number,
): KeyValueTable {
  const unexpired = (item: Attributes): StoredItem | null => {
    const stored = toStoredItem(item);
    return stored === null || (stored.expiresAtS ?? Infinity) <= nowS() ? null : stored;
  };

  const get = async (key: string): Promise<StoredItem | null> => {
    const command = new GetItemCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true });
    const { Item } = await requests.send(table, (client, options) => client.send(command, options));
    return Item === undefined ? null : unexpired(Item);
  };

  return {
    get,

    async items(prefix = '') {
      const found = await scan(requests, table, prefix === '' ? {} : beginningWith(prefix));
      return found
        .map(unexpired)
        .filter((item) => item !== null)
        .sort((a, b) => byCodePoint(a.key, b.key));
    },

    async write(changes) {
      // By key, as DynamoDB refuses a batch with two changes of one item.
      const byKey = new Map(changes.map((change) => [change.key, toWriteRequest(checkedChange(change))]));
      const left = [...byKey.values()];
      while (left.length > 0) await writeBatch(requests, table, left.splice(0, maxBatchItems));
    },

    async writeIf(expected, change) {
      const { key, value, expiresAtS } = checkedChange(change);
      const condition = { TableName: table, ...conditionOf(expected, nowS()) };
      const item = value === null ? null : toAttributes({ key, value, expiresAtS });
      const request = requests.send<unknown>(table, (client, options) =>
        item === null
          ? client.send(new DeleteItemCommand({ ...condition, Key: keyOf(key) }), options)
          : client.send(new PutItemCommand({ ...condition, Item: item }), options),
      );
      return sendConditionally(request, async () => ((await get(key))?.value ?? null) === value);
    },
  };
}

function keyOf(key: string): Attributes {
  return { Key: { S: key } };
}

function toWriteRequest({ key, value, expiresAtS }: Change): WriteRequest {
  return value === null
    ? { DeleteRequest: { Key: keyOf(key) } }
    : { PutRequest: { Item: toAttributes({ key, value, expiresAtS }) } };
}

function beginningWith(prefix: string) {
  return {
    FilterExpression: 'begins_with(#key, :prefix)',
    ExpressionAttributeNames: { '#key': 'Key' },
    ExpressionAttributeValues: { ':prefix': { S: prefix } },
  };
}

/** That the item, if it has not expired, has this value; that there is none when it is null. */
function conditionOf(expected: string | null, nowS: number) {
  const now: Attributes = { ':now': { N: String(nowS) } };
  const names = { '#value': 'Value', '#expiry': 'ExpirationTime' };
  return expected === null
    ? {
        ConditionExpression: 'attribute_not_exists(#value) OR #expiry <= :now',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: now,
      }
    : {
        ConditionExpression: '#value = :expected AND (attribute_not_exists(#expiry) OR #expiry > :now)',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ...now, ':expected': { S: expected } },
      };
}

/** What DynamoDB had no capacity for is sent again, after pauses that grow and differ. */
async function writeBatch(
  requests: DynamoDbRequests,
  table: string,
  batch: readonly WriteRequest[],
): Promise<void> {
  let left = [...batch];
  for (let attempt = 0; attempt < maxBatchAttempts; attempt++) {
    if (attempt > 0) await setTimeout(Math.random() * firstPauseMs * 2 ** attempt);
    const command = new BatchWriteItemCommand({ RequestItems: { [table]: left } });
    const answer = await requests.send(table, (client, options) => client.send(command, options));
    left = answer.UnprocessedItems?.[table] ?? [];
    if (left.length === 0) return;
  }
  throw new StoreError(
    `DynamoDB: ${table}: ${left.length} of ${batch.length} items were not written for want of capacity`,
  );
}
