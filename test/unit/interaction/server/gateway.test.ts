// The server without its listener: what API Gateway would say by itself, and what the operations say of callers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReceivedRequest } from '../../../../src/aws/sigv4/verify.ts';
import type { Dialect } from '../../../../src/interaction/contract/instance-metadata.ts';
import {
  createMemoryFleetStore,
  type FleetInstance,
} from '../../../../src/interaction/server/fleet-store.ts';
import { type AccessKey, createGateway } from '../../../../src/interaction/server/gateway.ts';
import type { RefusedRequest } from '../../../../src/interaction/server/refused-request.ts';
import { nowMs, region, signedRequest, type Target } from './signed-request.ts';

const arn = 'arn:aws:sts::111111111111:assumed-role/Role';
const keys: Readonly<Record<string, AccessKey>> = {
  INSTANCE: { secretAccessKey: 's1', sessionToken: 'token', caller: 'AROAX:i-0ab', userArn: `${arn}/i-0ab` },
  EXPIRED: { secretAccessKey: 's2', expiresAtMs: nowMs, caller: 'AROAX:i-0ab', userArn: `${arn}/i-0ab` },
  GONE: { secretAccessKey: 's3', caller: 'AROAX:i-0ff', userArn: `${arn}/i-0ff` },
  STOPPED: { secretAccessKey: 's4', caller: 'AROAX:i-0cd', userArn: `${arn}/i-0cd` },
  SESSION: { secretAccessKey: 's5', caller: 'AROAX:alice', userArn: `${arn}/alice` },
  USER: { secretAccessKey: 's6', caller: 'AIDAX', userArn: 'arn:aws:iam::111111111111:user/bob' },
  ODD: { secretAccessKey: 's7', caller: 'AROAX:i-0ab:x', userArn: arn },
};
const web: FleetInstance = {
  id: 'i-0ab',
  name: 'web',
  type: 't3.small',
  az: 'eu-west-3a',
  state: 'draining',
  status: 'ok',
  subfleet: null,
  spot: false,
  tags: { Name: 'web' },
  targetGroups: 0,
};
const store = createMemoryFleetStore([web, { ...web, id: 'i-0cd', state: 'stopped' }]);

function gateway(dialect: Dialect, apiId?: string) {
  return createGateway({ dialect, region, store, apiId, lookup: (id) => keys[id], nowMs: () => nowMs });
}

async function ask(target: Target, keyId = 'INSTANCE', dialect: Dialect = 'd2', apiId?: string) {
  const answer = await gateway(dialect, apiId)(await signedRequest(keyId, keys[keyId]!, target));
  return { ...answer, body: answer.body.toString() };
}

const metadata: Target = { target: '/v1/metadata' };

describe('routes', () => {
  const missing = '{"message":"Missing Authentication Token"}';
  const cases: [string, number, string][] = [
    ['GET /v1', 200, 'metadata'],
    ['GET /v1/', 200, 'metadata'],
    ['GET /v1//', 200, 'metadata'],
    ['POST /v1/', 403, missing],
    ['PUT /v1/metadata', 403, missing],
    ['DELETE /v1/metadata', 403, missing],
    ['HEAD /v1/metadata', 403, missing],
    ['OPTIONS /v1/', 403, missing],
    ['GET /metadata', 403, '{"message":"Forbidden"}'],
    ['GET /v2/metadata', 403, '{"message":"Forbidden"}'],
    ['GET /v1/v1/metadata', 404, "Unknown command 'v1/metadata'"],
    ['GET /v1/metadata/x', 404, "Unknown command 'metadata/x'"],
    ['GET /v1/fleet%2Fstatus', 404, "Unknown command 'fleet/status'"],
    ['POST /v1/Discovery', 404, "Unknown command 'discovery'"],
  ];
  for (const [line, status, body] of cases) {
    it(`${line}: ${status}`, async () => {
      const [method, target] = line.split(' ') as [string, string];
      const answer = await ask({ method, target });
      assert.deepEqual({ status: answer.status, body: answer.body }, { status, body });
      assert.equal(answer.headers['Content-Type'], 'application/json');
      assert.match(answer.headers['x-amzn-RequestId']!, /^[0-9a-f-]{36}$/);
    });
  }

  for (const target of ['/v1/metadata', '/v1//metadata', '/v1/METADATA/', '/v1/metadat%61']) {
    for (const method of ['GET', 'POST']) {
      it(`${method} ${target} is metadata`, async () => {
        const answer = await ask({ method, target });
        assert.equal(answer.status, 200, answer.body);
        assert.equal(JSON.parse(answer.body).State, 'draining');
      });
    }
  }
});

describe('signatures', () => {
  async function tampered(change: (request: ReceivedRequest) => ReceivedRequest) {
    const request = await signedRequest('INSTANCE', keys.INSTANCE!, {
      ...metadata,
      method: 'POST',
      body: '{}',
    });
    const answer = await gateway('d2')(change(request));
    return { status: answer.status, type: answer.headers['x-amzn-ErrorType'], body: answer.body.toString() };
  }

  it('accepts a request as it was signed', async () => {
    assert.equal((await tampered((request) => request)).status, 200);
  });

  const changes: [string, (request: ReceivedRequest) => ReceivedRequest][] = [
    ['method', (request) => ({ ...request, method: 'GET' })],
    ['path', (request) => ({ ...request, rawPath: '/v1/metadatb' })],
    ['query', (request) => ({ ...request, rawQuery: 'instanceid=i-0cd' })],
    ['body', (request) => ({ ...request, body: Buffer.from('{]') })],
    [
      'host',
      (request) => ({
        ...request,
        headers: request.headers.map(
          ([name, value]) => [name, name === 'host' ? `${value}x` : value] as const,
        ),
      }),
    ],
  ];
  for (const [name, change] of changes) {
    it(`refuses another ${name} than was signed`, async () => {
      const answer = await tampered(change);
      assert.equal(answer.status, 403);
      assert.equal(answer.type, 'InvalidSignatureException');
      assert.match(answer.body, /^\{"message":"The request signature we calculated does not match /);
    });
  }

  it('refuses an unsigned request in the words of API Gateway', async () => {
    const answer = await tampered((request) => ({ ...request, headers: [['host', 'api.example.com']] }));
    assert.deepEqual(answer, {
      status: 403,
      type: 'MissingAuthenticationTokenException',
      body: '{"message":"Missing Authentication Token"}',
    });
  });

  const refusals: [string, Promise<ReceivedRequest>, string, string][] = [
    [
      'an expired key',
      signedRequest('EXPIRED', keys.EXPIRED!, metadata),
      'ExpiredTokenException',
      '{"message":"The security token included in the request is expired"}',
    ],
    [
      'an unknown key',
      signedRequest('NOBODY', keys.INSTANCE!, metadata),
      'UnrecognizedClientException',
      '{"message":"The security token included in the request is invalid."}',
    ],
    [
      'another session token',
      signedRequest('INSTANCE', { ...keys.INSTANCE!, sessionToken: 'x' }, metadata),
      'UnrecognizedClientException',
      '{"message":"The security token included in the request is invalid."}',
    ],
    [
      'another region',
      signedRequest('INSTANCE', keys.INSTANCE!, { ...metadata, region: 'us-east-1' }),
      'InvalidSignatureException',
      `{"message":"Credential should be scoped to a valid region, not 'us-east-1'."}`,
    ],
    [
      'another service',
      signedRequest('INSTANCE', keys.INSTANCE!, { ...metadata, service: 'sts' }),
      'InvalidSignatureException',
      `{"message":"Credential should be scoped to correct service: 'execute-api'."}`,
    ],
  ];
  for (const [name, request, type, body] of refusals) {
    it(`refuses ${name}`, async () => {
      const answer = await gateway('d2')(await request);
      assert.equal(answer.status, 403);
      assert.equal(answer.headers['x-amzn-ErrorType'], type);
      assert.equal(answer.body.toString(), body);
    });
  }
});

describe('the way in through a VPC endpoint', () => {
  const host = 'vpce-0123-4567.execute-api.eu-west-3.vpce.amazonaws.com';
  const through = (id: string): Target => ({ ...metadata, host, headers: { 'x-apigw-api-id': id } });

  it('is open under the name that was signed', async () =>
    assert.equal((await ask(through('a1'))).status, 200));
  it('is open for the configured API', async () => {
    assert.equal((await ask(through('a1'), 'INSTANCE', 'd2', 'a1')).status, 200);
    assert.equal((await ask(metadata, 'INSTANCE', 'd2', 'a1')).status, 200);
  });
  it('is closed for another API', async () => {
    const answer = await ask(through('b2'), 'INSTANCE', 'd2', 'a1');
    assert.deepEqual([answer.status, answer.body], [403, '{"message":"Forbidden"}']);
  });
});

describe('metadata of each caller', () => {
  const noInformation = (id: string) => `No information for instance id '${id}'!`;
  const failed = '{"message": "Internal server error"}';
  const cases: [Dialect, string, string, number, string][] = [
    ['d0', 'GONE', '', 400, noInformation('i-0ff')],
    ['d1', 'GONE', '', 400, noInformation('i-0ff')],
    ['d2', 'GONE', '', 400, noInformation('i-0ff')],
    ['d0', 'STOPPED', '', 400, noInformation('i-0cd')],
    ['d0', 'SESSION', '', 500, "Can't retrieve requesting InstanceId (AROAX:alice)."],
    ['d2', 'SESSION', '', 500, "Can't retrieve requesting InstanceId (AROAX:alice)."],
    ['d2', 'SESSION', '?instanceid=i-0ab', 500, "Can't retrieve requesting InstanceId (AROAX:alice)."],
    ['d0', 'USER', '', 502, failed],
    ['d1', 'USER', '', 500, "Can't process metadata caller 'AIDAX'!"],
    ['d2', 'ODD', '', 500, "Can't process metadata caller 'AROAX:i-0ab:x'!"],
    ['d2', 'INSTANCE', '?instanceid=i-0ff', 400, noInformation('i-0ff')],
    ['d2', 'INSTANCE', '?InstanceId=i-0ff&instanceid=i-0ee&instanceid=i-0ff', 400, noInformation('i-0ff')],
  ];
  for (const [dialect, keyId, query, status, body] of cases) {
    it(`${dialect} ${keyId}${query}: ${status}`, async () => {
      const answer = await ask({ target: `/v1/metadata${query}` }, keyId, dialect);
      assert.deepEqual({ status: answer.status, body: answer.body }, { status, body });
    });
  }

  it('is about another instance when asked in D1 and D2, and never in D0', async () => {
    const target = '/v1/metadata?instanceid=i-0cd';
    for (const [dialect, id] of [
      ['d0', 'i-0ab'],
      ['d1', 'i-0cd'],
      ['d2', 'i-0cd'],
    ] as const) {
      const { body } = await ask({ target }, 'INSTANCE', dialect);
      assert.equal(JSON.parse(body).InstanceId, id, dialect);
    }
  });

  it('is what Python prints', async () => {
    const { body } = await ask(metadata, 'INSTANCE', 'd0');
    assert.equal(
      body,
      `{
    "Instance": {
        "AvailabilityZone": "eu-west-3a",
        "State": "draining",
        "Status": "ok",
        "Tags": [
            {
                "Key": "Name",
                "Value": "web"
            }
        ]
    },
    "InstanceId": "i-0ab",
    "LocatedInAZWithIssues": false
}`,
    );
  });
});

describe('query parameters', () => {
  for (const query of ['OpType=x', 'path=/x', 'httpMethod=POST&body=1', 'requestContext=x']) {
    it(`do not replace anything of the request: ${query}`, async () => {
      const { status, body } = await ask({ target: `/v1/metadata?${query}` });
      assert.equal(status, 200, body);
      assert.equal(JSON.parse(body).InstanceId, 'i-0ab');
    });
  }
});

describe('what is told of a refused request', () => {
  async function told(request: ReceivedRequest, apiId?: string): Promise<RefusedRequest[]> {
    const refused: RefusedRequest[] = [];
    const onRefused = (one: RefusedRequest) => void refused.push(one);
    const lookup = (id: string) => (id === 'web-1' ? keys.USER : keys[id]);
    const handle = createGateway({
      dialect: 'd2',
      region,
      store,
      apiId,
      lookup,
      nowMs: () => nowMs,
      onRefused,
    });
    await handle({ ...request, peerAddress: '192.0.2.7' });
    return refused;
  }

  const signed = (id: string, target: Target = metadata, key = keys.INSTANCE!) =>
    signedRequest(id, key, target);
  const swapped = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';
  const cases: [string, Promise<ReceivedRequest>, string | null, string][] = [
    ['an unknown key', signed('NOBODY'), 'NOBODY', 'invalid-client-token'],
    ['an expired key', signed('EXPIRED', metadata, keys.EXPIRED!), 'EXPIRED', 'expired-token'],
    ['a wrong secret', signed('USER', metadata, keys.GONE!), 'USER', 'signature-mismatch'],
    ['a known key with another name', signed('web-1', metadata, keys.GONE!), 'web-1', 'signature-mismatch'],
    ['another region', signed('USER', { ...metadata, region: 'us-east-1' }), 'USER', 'invalid-scope'],
    ['a secret in the place of the id', signed(swapped), null, 'invalid-client-token'],
    ['an id that would break the line', signed('A\u0085B'), null, 'invalid-client-token'],
    ['no signature', signed('USER').then((one) => ({ ...one, headers: [] })), null, 'missing-authentication'],
    ['another stage', signed('USER', { target: '/metadata' }), 'USER', 'another-stage'],
    [
      'another API',
      signed('USER', { ...metadata, headers: { 'x-apigw-api-id': 'b2' } }),
      'USER',
      'another-api',
    ],
    ['another method', signed('USER', { ...metadata, method: 'PUT' }), 'USER', 'no-such-method'],
  ];
  for (const [name, request, accessKeyId, reason] of cases) {
    it(name, async () => {
      assert.deepEqual(await told(await request, 'a1'), [{ peerAddress: '192.0.2.7', accessKeyId, reason }]);
    });
  }

  it('nothing when it is answered, whatever the answer', async () => {
    assert.deepEqual(await told(await signed('INSTANCE')), []);
    assert.deepEqual(await told(await signed('GONE', metadata, keys.GONE!)), []);
    assert.deepEqual(await told(await signed('INSTANCE', { target: '/v1/nothing' })), []);
  });
});
