// CloneSquad's log of events in DynamoDB.
import { isDeepStrictEqual } from 'node:util';
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { byCodePoint } from '../../contract/python-json.ts';
import { checkEvent } from './checked-change.ts';
import { type Attributes, toEventAttributes, toStoredEvent } from './dynamodb-items.ts';
import { type DynamoDbRequests, sendConditionally } from './dynamodb-requests.ts';
import { scan } from './dynamodb-scan.ts';
import type { EventTable } from './store.ts';

/** The log in the table of that name, which is there already. `nowS` is in epoch seconds. */
export function createEventTable(requests: DynamoDbRequests, table: string, nowS: () => number): EventTable {
  const find = async (eventDate: string): Promise<Attributes | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: keyOf(eventDate), ConsistentRead: true });
    const { Item } = await requests.send(table, (client, options) => client.send(command, options));
    return Item;
  };

  return {
    async events() {
      const now = nowS();
      return (await scan(requests, table))
        .map(toStoredEvent)
        .filter(({ ExpirationTime }) => (ExpirationTime ?? Infinity) > now)
        .sort((a, b) => byCodePoint(a.EventDate, b.EventDate));
    },

    async add(event) {
      checkEvent(event);
      const item = toEventAttributes(event);
      const command = new PutItemCommand({
        TableName: table,
        Item: item,
        ConditionExpression: 'attribute_not_exists(#date) OR #expiry <= :now',
        ExpressionAttributeNames: { '#date': 'EventDate', '#expiry': 'ExpirationTime' },
        ExpressionAttributeValues: { ':now': { N: String(nowS()) } },
      });
      const request = requests.send(table, (client, options) => client.send(command, options));
      return sendConditionally(request, async () => isDeepStrictEqual(await find(event.EventDate), item));
    },

    async remove(eventDate) {
      const command = new DeleteItemCommand({ TableName: table, Key: keyOf(eventDate) });
      await requests.send(table, (client, options) => client.send(command, options));
    },

    async setAckDate(eventDate, ackDate) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(eventDate),
        UpdateExpression: 'SET #ack = :ack',
        ConditionExpression: 'attribute_exists(#date) AND (attribute_not_exists(#expiry) OR #expiry > :now)',
        ExpressionAttributeNames: { '#ack': 'AckDate', '#date': 'EventDate', '#expiry': 'ExpirationTime' },
        ExpressionAttributeValues: { ':ack': { S: ackDate }, ':now': { N: String(nowS()) } },
      });
      const request = requests.send(table, (client, options) => client.send(command, options));
      // Made twice it fails on nothing of its own.
      return sendConditionally(request, async () => false);
    },
  };
}

function keyOf(eventDate: string): Attributes {
  return { EventDate: { S: eventDate } };
}
