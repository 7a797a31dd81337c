// The server without its listener: what API Gateway would say by itself, and what the operations say of callers.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReceivedRequest } from '../../../../../src/aws/sigv4/verify.ts';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { listedOperationNames } from '../../../../../src/interaction/contract/operations.ts';
import { createGateway } from '../../../../../src/interaction/server/gateway/gateway.ts';
import type { RefusedRequest } from '../../../../../src/interaction/server/gateway/refused-request.ts';
import type { AccessKey } from '../../../../../src/interaction/server/keys/access-key.ts';
import { type Store, StoreError } from '../../../../../src/interaction/server/store/store.ts';
import { deploymentOf, openStoreOfTwo } from '../deployment.ts';
import { nowMs, signedRequest, type Target } from '../signed-request.ts';

const arn = 'arn:aws:sts::111111111111:assumed-role/Role';
const everything = { allow: ['*'], deny: [] };
const keys: Readonly<Record<string, AccessKey>> = {
  INSTANCE: {
    ...{ secretAccessKey: 's1', sessionToken: 'token', ...everything },
    ...{ caller: 'AROAX:i-0ab', userArn: `${arn}/i-0ab` },
  },
  EXPIRED: {
    ...{ secretAccessKey: 's2', expiresAtMs: nowMs, ...everything },
    ...{ caller: 'AROAX:i-0ab', userArn: `${arn}/i-0ab` },
  },
  GONE: { secretAccessKey: 's3', caller: 'AROAX:i-0ff', userArn: `${arn}/i-0ff`, ...everything },
  STOPPED: { secretAccessKey: 's4', caller: 'AROAX:i-0cd', userArn: `${arn}/i-0cd`, ...everything },
  SESSION: { secretAccessKey: 's5', caller: 'AROAX:alice', userArn: `${arn}/alice`, ...everything },
  USER: {
    ...{ secretAccessKey: 's6', ...everything },
    ...{ caller: 'AIDAX', userArn: 'arn:aws:iam::111111111111:user/bob' },
  },
  ODD: { secretAccessKey: 's7', caller: 'AROAX:i-0ab:x', userArn: arn, ...everything },
  WATCHER: {
    ...{ secretAccessKey: 's8', allow: ['GET/metadata'], deny: [] },
    ...{ caller: 'AROAX:i-0ab', userArn: `${arn}/i-0ab` },
  },
  WRITER: {
    ...{
      secretAccessKey: 's9',
      allow: ['*/configuration*', 'GET/sch?duler'],
      deny: ['POST/configuration/app.*'],
    },
    ...{ caller: 'AIDAW', userArn: 'arn:aws:iam::111111111111:user/writer' },
  },
};

let store: Store;
before(async () => {
  store = await openStoreOfTwo();
});
after(() => store.close());

function gateway(dialect: Dialect, onlyApiId?: string, one: Store = store) {
  const deployment = deploymentOf(dialect);
  return createGateway({ deployment, store: one, onlyApiId, lookup: (id) => keys[id], nowMs: () => nowMs });
}

async function ask(target: Target, keyId = 'INSTANCE', dialect: Dialect = 'd2', apiId?: string) {
  const answer = await gateway(dialect, apiId)(await signedRequest(keyId, keys[keyId]!, target));
  return { ...answer, body: answer.body.toString() };
}

const metadata: Target = { target: '/v1/metadata' };

describe('routes', () => {
  const missing = '{"message":"Missing Authentication Token"}';
  const listing = listedOperationNames('d2').join('\n');
  const cases: [string, number, string][] = [
    ['GET /v1', 200, listing],
    ['GET /v1/', 200, listing],
    ['GET /v1//', 200, listing],
    ['POST /v1/', 403, missing],
    ['PUT /v1/metadata', 403, missing],
    ['DELETE /v1/metadata', 403, missing],
    ['HEAD /v1/metadata', 403, missing],
    ['OPTIONS /v1/', 403, missing],
    ['GET /metadata', 403, '{"message":"Forbidden"}'],
    ['GET /v2/metadata', 403, '{"message":"Forbidden"}'],
    ['GET /v1/v1/metadata', 404, "Unknown command 'v1/metadata'"],
    ['GET /v1/metadata/x', 404, "Unknown command 'metadata/x'"],
    ['GET /v1/Nothing%2FAt%20all', 404, "Unknown command 'nothing/at all'"],
    ['POST /v1/debug/publishreportnow', 404, 'Command not available through API Gateway'],
    ['GET /v1/configuration/a%0Ab', 400, 'Missing config key path.'],
    ['POST /v1/notify/ackevent', 502, '{"message": "Internal server error"}'],
  ];
  for (const [line, status, body] of cases) {
    it(`${line}: ${status}`, async () => {
      const [method, target] = line.split(' ') as [string, string];
      const answer = await ask({ method, target });
      assert.deepEqual({ status: answer.status, body: answer.body }, { status, body });
      assert.equal(answer.headers['Content-Type'], 'application/json');
      assert.match(answer.headers['x-amzn-RequestId']!, /^[0-9a-f-]{36}$/);
      assert.match(answer.headers['x-amz-apigw-id']!, /^[A-Za-z0-9+/]{15}=$/);
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

  it('refuses half a signature', async () => {
    const half = ([name, value]: readonly [string, string]) =>
      [name, name === 'authorization' ? value.replace(/, Signature=.*/, '') : value] as const;
    const answer = await tampered((request) => ({ ...request, headers: request.headers.map(half) }));
    assert.deepEqual([answer.status, answer.type], [403, 'IncompleteSignatureException']);
    assert.match(answer.body, /^\{"message":"Authorization header requires 'Signature' parameter/);
  });

  it('refuses a signature of an hour ago', async () => {
    const handle = createGateway({
      ...{ deployment: deploymentOf('d2'), store, lookup: (id) => keys[id] },
      nowMs: () => nowMs + 3_600_000,
    });
    const answer = await handle(await signedRequest('INSTANCE', keys.INSTANCE!, metadata));
    assert.deepEqual([answer.status, answer.headers['x-amzn-ErrorType']], [403, 'InvalidSignatureException']);
    assert.match(answer.body.toString(), /^\{"message":"Signature expired: /);
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

describe('rules', () => {
  const user = 'arn:aws:iam::111111111111:user/writer';
  const cases: [string, string, string, boolean][] = [
    ['WATCHER', 'GET', '/metadata', true],
    ['WATCHER', 'GET', '//METADATA/', true],
    ['WATCHER', 'GET', '/metadata?instanceid=i-0cd', true],
    ['WATCHER', 'POST', '/metadata', false],
    ['WATCHER', 'GET', '/', false],
    ['WATCHER', 'GET', '/metadata/x', false],
    ['WATCHER', 'GET', '/configuration?OpType=metadata', false],
    ['WATCHER', 'GET', '/nothing', false],
    ['WRITER', 'GET', '/configuration', true],
    ['WRITER', 'POST', '/configuration%2Fx', true],
    ['WRITER', 'GET', '/configuration/app.disable', true],
    ['WRITER', 'POST', '/configuration/app.disable', false],
    ['WRITER', 'POST', '/CONFIGURATION//App.disable/', false],
    ['WRITER', 'POST', '/configuration%2Fapp.disable', false],
    ['WRITER', 'POST', '/configuration/app.x%0Ay', false],
    ['WRITER', 'GET', '/scheduler', true],
    ['WRITER', 'GET', '/scheduler/x', false],
    ['WRITER', 'GET', '/metadata', false],
  ];
  for (const [keyId, method, path, isAllowed] of cases) {
    it(`${isAllowed ? 'let' : 'do not let'} ${keyId} ${method} ${path}`, async () => {
      const { status } = await ask(
        { method, target: `/v1${path}`, body: method === 'POST' ? 'x' : '' },
        keyId,
      );
      if (isAllowed) assert.notEqual(status, 403);
      else assert.equal(status, 403);
    });
  }

  it('refuse in the words of a policy, naming the operation as it was understood', async () => {
    const answer = await ask(
      { method: 'POST', target: '/v1//Configuration%2Fapp.disable', body: '1' },
      'WRITER',
    );
    const resource =
      'arn:aws:execute-api:eu-west-3:111111111111:abcde01234/v1/POST/configuration/app.disable';
    assert.equal(
      answer.body,
      `{"Message":"User: ${user} is not authorized to perform: execute-api:Invoke on resource: ${resource} with an explicit deny"}`,
    );
    assert.equal(answer.headers['x-amzn-ErrorType'], 'AccessDeniedException');
    const unlisted = await ask({ target: '/v1/nothing' }, 'WRITER');
    assert.match(
      String(unlisted.body),
      /\/v1\/GET\/nothing"\}$/,
      'what no rule allows is not denied explicitly',
    );
  });

  for (const [region, partition] of [
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
  ] as const) {
    it(`refuse in the partition of ${region}`, async () => {
      const deployment = { ...deploymentOf('d2'), region };
      const handle = createGateway({ deployment, store, lookup: (id) => keys[id], nowMs: () => nowMs });
      const answer = await handle(await signedRequest('WRITER', keys.WRITER!, { ...metadata, region }));
      const { Message } = JSON.parse(answer.body.toString());
      const resource = `arn:${partition}:execute-api:${region}:111111111111:abcde01234/v1/GET/metadata`;
      assert.equal(Message.slice(Message.indexOf('arn:', Message.indexOf('resource: '))), resource);
    });
  }

  it('about one list of instances cannot be passed by under the name of the other', async () => {
    for (const path of [
      'unstoppable/unstartable',
      'unstoppable%2Fx/unstartable',
      'unstoppable%2Funstartable',
    ]) {
      const answer = await ask({ target: `/v1/control/instances/${path}` });
      assert.equal(answer.status, 404, path);
    }
  });

  it('do not hold for a request that nobody signed', async () => {
    const request = await signedRequest('WATCHER', { secretAccessKey: 'guessed' }, { target: '/v1/' });
    const { headers } = await gateway('d2')(request);
    assert.equal(headers['x-amzn-ErrorType'], 'InvalidSignatureException');
  });
});

describe('what an operation is told', () => {
  it('is who asks and from where, whatever the query says', async () => {
    const request = await signedRequest('USER', keys.USER!, {
      target: '/v1/discovery?caller=x',
      headers: { 'User-Agent': 'tests' },
    });
    const { status, body } = await gateway('d2')({ ...request, peerAddress: '::ffff:192.0.2.7' });
    assert.equal(status, 200);
    const { identity, discovery } = JSON.parse(body.toString()) as Record<string, Record<string, unknown>>;
    const { accessKey, caller, userArn, sourceIp, userAgent } = identity!;
    assert.deepEqual(
      { accessKey, caller, userArn, sourceIp, userAgent },
      {
        ...{ accessKey: 'USER', caller: 'AIDAX', userArn: keys.USER!.userArn },
        ...{ sourceIp: '192.0.2.7', userAgent: 'tests' },
      },
    );
    assert.equal(discovery?.GroupName, 'web');
  });

  it('is the body that was sent', async () => {
    const written = await ask({ method: 'POST', target: '/v1/configuration/a', body: 'é\nmore' });
    assert.deepEqual([written.status, written.body], [200, 'é']);
    const empty = await ask({ method: 'POST', target: '/v1/configuration/a' });
    assert.equal(empty.status, 502, 'an empty body is none');
  });

  it('a store that fails is a fault, for whoever listens to tell apart', async () => {
    const broken: Store = {
      ...store,
      configuration: { ...store.configuration, items: () => Promise.reject(new StoreError('disk full')) },
    };
    const request = await signedRequest('USER', keys.USER!, { target: '/v1/configuration?raw=true' });
    await assert.rejects(gateway('d2', undefined, broken)(request), StoreError);
  });
});

describe('keys that are replaced while a request is looked at', () => {
  it('do not lend what they may to who signed with the one before', async () => {
    const writer = { ...keys.USER!, ...everything };
    const found = [{ ...writer, allow: [] }, writer];
    const lookup = () => found.shift();
    const handle = createGateway({ deployment: deploymentOf('d2'), store, lookup, nowMs: () => nowMs });
    const answer = await handle(await signedRequest('USER', writer, { target: '/v1/configuration' }));
    assert.equal(answer.status, 403, 'the rules are those of the key that verified it');
  });
});

describe('what is told of a refused request', () => {
  async function told(request: ReceivedRequest, apiId?: string): Promise<RefusedRequest[]> {
    const refused: RefusedRequest[] = [];
    const onRefused = (one: RefusedRequest) => void refused.push(one);
    const lookup = (id: string) => (id === 'web-1' ? keys.USER : keys[id]);
    const deployment = deploymentOf('d2');
    const handle = createGateway({
      ...{ deployment, store, lookup, onRefused },
      onlyApiId: apiId,
      nowMs: () => nowMs,
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
    [
      'no rule that allows it',
      signed('WATCHER', { target: '/v1/' }, keys.WATCHER!),
      'WATCHER',
      'not-allowed',
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
