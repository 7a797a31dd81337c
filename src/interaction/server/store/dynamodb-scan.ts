// Reads a table whole.
import { ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Attributes } from './dynamodb-items.ts';
import type { DynamoDbRequests } from './dynamodb-requests.ts';

/** All pages, as last written by anyone. Throws StoreError. */
export async function scan(
  requests: DynamoDbRequests,
  table: string,
  filter: Partial<ScanCommandInput> = {},
): Promise<Attributes[]> {
  const found: Attributes[] = [];
  let next: Attributes | undefined;
  do {
    const command = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      ExclusiveStartKey: next,
      ...filter,
    });
    const page = await requests.send(table, (client, options) => client.send(command, options));
    found.push(...(page.Items ?? []));
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return found;
}
