// Signatures made by others, verified by us: the SDK's signer in both forms, and curl over a real connection.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { SignatureV4 } from '@aws-sdk/signature-v4';
import { NodeSha256, signRequest } from '../../../../src/aws/sigv4/sign.ts';
import { type ReceivedRequest, type Verification, verifyRequest } from '../../../../src/aws/sigv4/verify.ts';

const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret/+=', sessionToken: 'to/ken+==' };
const scope = { region: 'eu-west-1', service: 'execute-api' };
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

function verify(request: ReceivedRequest, atMs = nowMs, key = credentials): Verification {
  const lookup = (id: string) => (id === key.accessKeyId ? key : undefined);
  return verifyRequest(request, { ...scope, nowMs: atMs, lookup });
}

const urls = [
  'https://abc.execute-api.eu-west-1.amazonaws.com/v1/metadata',
  'https://abc.execute-api.eu-west-1.amazonaws.com/v1//metadata',
  'https://abc.execute-api.eu-west-1.amazonaws.com/v1/configuration/a%2Fb%20c',
  'https://abc.execute-api.eu-west-1.amazonaws.com/v1/configuration/%E1%88%B4:@=+,',
  'https://127.0.0.1:8443/v1/x?b=2&a=1&a=0&empty=&flag&sp=a+b%20c&plus=%2B&u=%E1%88%B4&tilde=~!*()%27',
  'https://127.0.0.1:8443/',
];

describe('what signRequest signs is accepted', () => {
  for (const href of urls) {
    for (const body of [undefined, '{"é":1}']) {
      test(`${body === undefined ? 'GET' : 'POST'} ${href}`, async () => {
        const method = body === undefined ? 'GET' : 'POST';
        const headers = { 'x-apigw-api-id': 'abc', 'Content-Type': 'application/json' };
        const signed = await signRequest(
          { method, url: new URL(href), headers, body },
          scope,
          credentials,
          nowMs,
        );
        const request: ReceivedRequest = {
          method,
          rawPath: signed.url.pathname,
          rawQuery: signed.url.search.slice(1),
          headers: Object.entries(signed.headers),
          body: Buffer.from(body ?? ''),
        };
        assert.deepEqual(verify(request), {
          ok: true,
          accessKeyId: credentials.accessKeyId,
          key: credentials,
        });
        assert.equal(verify({ ...request, body: Buffer.from(`${body ?? ''}x`) }).ok, false);
        assert.equal(verify({ ...request, rawQuery: `${request.rawQuery}&z=1` }).ok, false);
      });
    }
  }

  test('with a header that is not ASCII, as the bytes of the wire', async () => {
    const url = new URL('https://api.example/');
    const signed = await signRequest(
      { method: 'GET', url, headers: { 'x-name': 'à la carte' } },
      scope,
      credentials,
      nowMs,
    );
    const headers = Object.entries(signed.headers).map(([name, value]): [string, string] => [
      name,
      Buffer.from(value, 'utf8').toString('latin1'),
    ]);
    const request: ReceivedRequest = {
      method: 'GET',
      rawPath: '/',
      rawQuery: '',
      headers,
      body: Buffer.alloc(0),
    };
    assert.equal(verify(request).ok, true);
  });

  test('under a host of its own', async () => {
    const url = new URL('https://vpce-1.example/v1/metadata');
    const signed = await signRequest(
      { method: 'GET', url, headers: { Host: 'api.example' } },
      scope,
      credentials,
      nowMs,
    );
    assert.equal(signed.headers.host, 'api.example');
    assert.match(signed.headers.authorization ?? '', /SignedHeaders=host;/);
  });
});

describe('presigned URLs', () => {
  const presign = async (query: Record<string, string> = {}): Promise<ReceivedRequest> => {
    const signer = new SignatureV4({ ...scope, credentials, sha256: NodeSha256 });
    const signed = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname: 'api.example',
        path: '/v1//metadata',
        headers: { host: 'api.example' },
        query,
      },
      { signingDate: new Date(nowMs), expiresIn: 600 },
    );
    const pairs = Object.entries(signed.query ?? {}).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
    );
    return {
      method: 'GET',
      rawPath: signed.path,
      rawQuery: pairs.join('&'),
      headers: [['host', 'api.example']],
      body: Buffer.alloc(0),
    };
  };

  test('are accepted until they expire', async () => {
    const request = await presign({ instanceid: 'i-1' });
    assert.deepEqual(verify(request), { ok: true, accessKeyId: credentials.accessKeyId, key: credentials });
    assert.equal(verify(request, nowMs + 600_000).ok, true);
    const late = verify(request, nowMs + 601_000);
    assert.equal(late.ok ? 'ok' : late.code, 'signature-expired');
    const early = verify(request, nowMs - 301_000);
    assert.equal(early.ok ? 'ok' : early.code, 'signature-expired');
  });

  const changes: readonly [what: string, from: RegExp, to: string, code: string][] = [
    ['another lifetime', /X-Amz-Expires=600/, 'X-Amz-Expires=6000', 'signature-mismatch'],
    ['a lifetime over a week', /X-Amz-Expires=600/, 'X-Amz-Expires=604801', 'incomplete-signature'],
    ['a lifetime that is no number', /X-Amz-Expires=600/, 'X-Amz-Expires=0x10', 'incomplete-signature'],
    ['no lifetime', /X-Amz-Expires=600&?/, '', 'incomplete-signature'],
    ['two lifetimes', /X-Amz-Expires=600/, 'X-Amz-Expires=600&X-Amz-Expires=600', 'incomplete-signature'],
    ['another parameter', /$/, '&path=x', 'signature-mismatch'],
    ['no token', /X-Amz-Security-Token=[^&]*&?/, '', 'invalid-client-token'],
    ['another algorithm', /X-Amz-Algorithm=AWS4-HMAC-SHA256/, 'X-Amz-Algorithm=none', 'incomplete-signature'],
    ['no signature', /&X-Amz-Signature=[^&]*/, '', 'incomplete-signature'],
  ];
  for (const [what, from, to, code] of changes) {
    test(`with ${what} are refused`, async () => {
      const request = await presign();
      const rawQuery = request.rawQuery.replace(from, to);
      assert.notEqual(rawQuery, request.rawQuery);
      const verification = verify({ ...request, rawQuery });
      assert.equal(verification.ok ? 'ok' : verification.code, code);
    });
  }
});

describe('curl --aws-sigv4', () => {
  const key = { accessKeyId: 'AKIACURL', secretAccessKey: 'curl secret' };

  async function curl(path: string, args: readonly string[]): Promise<Verification> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const verified = once(server, 'request').then(async ([incoming, response]) => {
        const [rawPath = '', rawQuery = ''] = String(incoming.url).split('?');
        const raw: string[] = incoming.rawHeaders;
        const headers = raw.flatMap((name, i): [string, string][] =>
          i % 2 === 0 ? [[name, raw[i + 1] ?? '']] : [],
        );
        const request = {
          method: String(incoming.method),
          rawPath,
          rawQuery,
          headers,
          body: await buffer(incoming),
        };
        response.end();
        return verifyRequest(request, {
          ...scope,
          nowMs: Date.now(),
          lookup: (id) => (id === key.accessKeyId ? key : undefined),
        });
      });
      const { port } = server.address() as AddressInfo;
      const common = [
        '--silent',
        '--show-error',
        '--max-time',
        '10',
        '--noproxy',
        '*',
        '--user',
        `${key.accessKeyId}:${key.secretAccessKey}`,
      ];
      const sigv4 = ['--aws-sigv4', `aws:amz:${scope.region}:${scope.service}`];
      await promisify(execFile)('curl', [...common, ...sigv4, ...args, `http://127.0.0.1:${port}${path}`]);
      return await verified;
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  test('a GET with a query', async () => {
    assert.deepEqual(await curl('/v1/metadata?a=1&b=2', []), { ok: true, accessKeyId: key.accessKeyId, key });
  });
  test('a POST with a body', async () => {
    const args = ['--request', 'POST', '--header', 'content-type: application/json', '--data', '{"a": 1}'];
    assert.deepEqual(await curl('/v1/configuration', args), { ok: true, accessKeyId: key.accessKeyId, key });
  });
  test('for another region', async () => {
    const verification = await curl('/v1/metadata', ['--aws-sigv4', 'aws:amz:us-east-1:execute-api']);
    assert.equal(verification.ok ? 'ok' : verification.code, 'invalid-scope');
  });
});
