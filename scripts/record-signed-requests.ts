// Records what curl and botocore sign as fixtures of the canonical form, in test/unit/aws/sigv4/fixtures. To be run again
// when test/fixtures/foreign-requests.ts has changed, or to see what a newer client does.
//   node_modules/.bin/node scripts/record-signed-requests.ts
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { requireForeignClients, sendForeign } from '../test/fixtures/foreign-clients.ts';
import { foreignRequests, keyOf } from '../test/fixtures/foreign-requests.ts';
import type { RecordedRequest, Recording } from '../test/fixtures/recording.ts';

const directory = join(import.meta.dirname, '../test/unit/aws/sigv4/fixtures');
const versions = await requireForeignClients();
let arrived: Omit<RecordedRequest, 'name' | 'service' | 'accessKeyId'> | undefined;

const server = createServer((incoming, response) => {
  void buffer(incoming).then((body) => {
    const [rawPath = '', rawQuery = ''] = incoming.url!.split('?');
    const headers = incoming.rawHeaders.flatMap((name, index, all): [string, string][] =>
      index % 2 === 0 ? [[name, all[index + 1]!]] : [],
    );
    arrived = { method: incoming.method!, rawPath, rawQuery, headers, body: body.toString('utf8') };
    response.end();
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const recordings: Record<string, RecordedRequest[]> = { curl: [], botocore: [] };
for (const request of foreignRequests) {
  await sendForeign(origin, keyOf(request), request);
  const { name, client, service = 'execute-api' } = request;
  const { accessKeyId } = keyOf(request);
  recordings[client === 'curl' ? 'curl' : 'botocore']!.push({ name, service, accessKeyId, ...arrived! });
}
server.close();
for (const client of ['curl', 'botocore'] as const) {
  const recording: Recording = { client: `${client} ${versions[client]}`, requests: recordings[client]! };
  writeFileSync(join(directory, `${client}.json`), `${JSON.stringify(recording)}\n`);
}
const biome = join(import.meta.dirname, '../node_modules/.bin/biome');
execFileSync(biome, ['format', '--write', directory], { stdio: 'inherit' });
