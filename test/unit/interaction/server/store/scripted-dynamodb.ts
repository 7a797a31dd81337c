// A DynamoDB that answers as a test says, for what a real one does rarely.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedRequest {
  /** Such as `GetItem`. */
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: any document of the protocol
  readonly body: any;
  readonly headers: IncomingHttpHeaders;
}

/** A document, an error by its name, or no answer at all. */
export type ScriptedAnswer = { readonly [member: string]: unknown } | `${string}Exception` | 'none';

export interface ScriptedDynamoDb {
  readonly url: string;
  readonly requests: readonly ScriptedRequest[];
  /** Those of one operation. */
  of(operation: string): readonly ScriptedRequest[];
  close(): Promise<void>;
}

/** Describes all tables as ready, unless `answer` says something. */
export async function startScriptedDynamoDb(
  answer: (request: ScriptedRequest, earlier: readonly ScriptedRequest[]) => ScriptedAnswer | undefined,
): Promise<ScriptedDynamoDb> {
  const requests: ScriptedRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const request = { operation, body, headers: incoming.headers };
    const said = answer(request, requests) ?? usual(request);
    requests.push(request);
    if (said === 'none') {
      incoming.socket.destroy();
      return;
    }
    const isError = typeof said === 'string';
    const document = isError
      ? { __type: `com.amazonaws.dynamodb.v20120810#${said}`, message: 'scripted' }
      : said;
    outgoing.writeHead(isError ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(JSON.stringify(document));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    of: (operation) => requests.filter((request) => request.operation === operation),
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function usual({ operation, body }: ScriptedRequest): ScriptedAnswer {
  switch (operation) {
    case 'DescribeTable': {
      const key = String(body.TableName).endsWith('EventLog') ? 'EventDate' : 'Key';
      const KeySchema = [{ AttributeName: key, KeyType: 'HASH' }];
      return { Table: { TableName: body.TableName, TableStatus: 'ACTIVE', KeySchema } };
    }
    case 'DescribeTimeToLive':
      return { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ExpirationTime' } };
    default:
      return {};
  }
}
