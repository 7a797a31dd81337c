// One poll: what is sent, and that no failure to send escapes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CredentialsError } from '../../../../src/aws/credentials.ts';
import type { SignedRequest } from '../../../../src/aws/signed-http.ts';
import { TransportError } from '../../../../src/aws/transport-error.ts';
import type { ApiRoute } from '../../../../src/interaction/client/api-address.ts';
import { fetchMetadata } from '../../../../src/interaction/client/metadata.ts';

const route: ApiRoute = {
  label: 'vpc-endpoint',
  url: 'https://vpce-1.example.com/v1/',
  headers: { 'x-apigw-api-id': 'pq264fab39' },
};
const limits = { timeoutMs: 1000 };

async function sentRequest(askedInstanceId?: string): Promise<SignedRequest> {
  const sent: SignedRequest[] = [];
  await fetchMetadata({
    send: async (request) => {
      sent.push(request);
      return { status: 500, headers: {}, body: Buffer.alloc(0) };
    },
    region: 'eu-west-3',
    route,
    limits,
    askedInstanceId,
  });
  assert.equal(sent.length, 1, 'one poll is one request');
  return sent[0]!;
}

it('asks for the caller itself, signed for execute-api, with the headers of the route', async () => {
  const request = await sentRequest();
  assert.equal(request.method, 'GET');
  assert.equal(request.url.href, 'https://vpce-1.example.com/v1/metadata');
  assert.deepEqual(request.headers, { 'x-apigw-api-id': 'pq264fab39' });
  assert.deepEqual(request.scope, { region: 'eu-west-3', service: 'execute-api' });
});

it('asks for another instance when told to', async () => {
  assert.equal((await sentRequest('i-0cd')).url.search, '?instanceid=i-0cd');
});

const failures: [unknown, string, string][] = [
  [new TransportError('refused', 'GET x: connect ECONNREFUSED'), 'transport', 'GET x: connect ECONNREFUSED'],
  [
    new TransportError('too-large', 'GET x: the body is over 9 bytes'),
    'transport',
    'GET x: the body is over 9 bytes',
  ],
  [new CredentialsError('none', 'no role'), 'credentials', 'no role'],
  [new DOMException('given\nup', 'AbortError'), 'transport', 'given up'],
  ['just a string', 'transport', 'just a string'],
];
for (const [thrown, unknownClass, message] of failures) {
  it(`turns a failure into an answer: ${message}`, async () => {
    const send = () => Promise.reject(thrown);
    const answer = await fetchMetadata({ send, region: 'eu-west-3', route, limits });
    assert.deepEqual(answer, { kind: 'unknown', class: unknownClass, message });
  });
}
