// The sandbox as a client sees it, with plain fetch: what aws/ makes of it is tested there.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { signRequest } from '../../../src/aws/sigv4/sign.ts';
import { type IssuedKey, type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';

let sandbox: SandboxHandle;
let hostNowMs: number;

beforeEach(async () => {
  hostNowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  sandbox = await startSandbox({ now: () => hostNowMs });
});
afterEach(() => sandbox.close());

async function token(ttlSeconds = 60): Promise<string> {
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': String(ttlSeconds) };
  const response = await fetch(`${sandbox.imdsUrl}/latest/api/token`, { method: 'PUT', headers });
  assert.equal(response.status, 200);
  return response.text();
}

async function read(path: string, session?: string): Promise<{ status: number; text: string }> {
  const headers = { 'x-aws-ec2-metadata-token': session ?? (await token()) };
  const response = await fetch(`${sandbox.imdsUrl}/latest/${path}`, { headers });
  return { status: response.status, text: await response.text() };
}

async function call(
  parameters: Record<string, string>,
  service: 'sts' | 'ec2',
  key: IssuedKey = sandbox.issueKey(),
) {
  const url = new URL(`${sandbox.awsUrl}/?${new URLSearchParams(parameters)}`);
  const scope = { region: 'eu-west-1', service };
  const signed = await signRequest({ method: 'GET', url, headers: {} }, scope, key, hostNowMs);
  const { host: _, ...headers } = signed.headers;
  const response = await fetch(signed.url, { headers });
  return { status: response.status, text: await response.text() };
}

const describeInstances = (parameters: Record<string, string>) =>
  call({ Action: 'DescribeInstances', Version: '2016-11-15', ...parameters }, 'ec2');

describe('the metadata service', () => {
  test('refuses version 1 until it is allowed', async () => {
    const path = `${sandbox.imdsUrl}/latest/meta-data/instance-id`;
    assert.equal((await fetch(path)).status, 401);
    sandbox.change({ imds: { allowV1: true } });
    assert.equal(await (await fetch(path)).text(), 'i-0123456789abcdef0');
    const headers = { 'x-aws-ec2-metadata-token': 'not one of ours' };
    assert.equal((await fetch(path, { headers })).status, 401);
  });

  for (const [ttl, headers] of [
    ['none', {}],
    ['0', { 'x-aws-ec2-metadata-token-ttl-seconds': '0' }],
    ['21601', { 'x-aws-ec2-metadata-token-ttl-seconds': '21601' }],
  ] as const) {
    test(`grants no token for a lifetime of ${ttl}`, async () => {
      const response = await fetch(`${sandbox.imdsUrl}/latest/api/token`, { method: 'PUT', headers });
      assert.equal(response.status, 400);
    });
  }

  test('grants no token to a forwarded request', async () => {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60', 'x-forwarded-for': '10.0.0.1' };
    assert.equal(
      (await fetch(`${sandbox.imdsUrl}/latest/api/token`, { method: 'PUT', headers })).status,
      403,
    );
  });

  test('publishes tags or not', async () => {
    assert.deepEqual(await read('meta-data/tags/instance'), {
      status: 200,
      text: 'Name\nclonesquad:group-name',
    });
    assert.deepEqual(await read('meta-data/tags/instance/clonesquad:group-name'), {
      status: 200,
      text: 'demo',
    });
    assert.equal((await read('meta-data/tags/instance/constructor')).status, 404);
    sandbox.change({ imds: { tagsEnabled: false } });
    assert.equal((await read('meta-data/tags/instance')).status, 404);
    assert.equal((await read('meta-data/tags/instance/Name')).status, 404);
  });

  test('announces an interruption, a rebalance, a state to come, or nothing', async () => {
    const announced = [
      [
        'meta-data/spot/instance-action',
        { spotInterruption: { action: 'terminate', time: '2026-11-22T10:00:00Z' } },
        '{"action":"terminate","time":"2026-11-22T10:00:00Z"}',
      ],
      [
        'meta-data/events/recommendations/rebalance',
        { rebalanceNoticeTime: '2026-11-22T09:00:00Z' },
        '{"noticeTime":"2026-11-22T09:00:00Z"}',
      ],
      ['meta-data/autoscaling/target-lifecycle-state', { targetLifecycleState: 'Standby' }, 'Standby'],
    ] as const;
    for (const [path, signals, text] of announced) {
      assert.equal((await read(path)).status, 404, path);
      sandbox.change({ signals });
      assert.deepEqual(await read(path), { status: 200, text });
      sandbox.change({ signals: Object.fromEntries(Object.keys(signals).map((name) => [name, null])) });
      assert.equal((await read(path)).status, 404, path);
    }
  });

  test('gives the role’s credentials, the same until they near their end', async () => {
    sandbox.change({ credentials: { lifetimeSeconds: 3600 } });
    const path = 'meta-data/iam/security-credentials/watched-instance';
    const credentials = async () => JSON.parse((await read(path)).text);
    const first = await credentials();
    assert.equal(first.Expiration, '2026-01-02T04:04:05Z');
    hostNowMs += 54 * 60_000;
    assert.equal((await credentials()).AccessKeyId, first.AccessKeyId);
    hostNowMs += 60_000;
    const second = await credentials();
    assert.notEqual(second.AccessKeyId, first.AccessKeyId);
    assert.equal(second.Expiration, '2026-01-02T04:59:05Z');
    assert.equal(sandbox.lookup(second.AccessKeyId)?.sessionName, 'i-0123456789abcdef0');
    sandbox.expireKeys();
    assert.notEqual((await credentials()).AccessKeyId, second.AccessKeyId);
    assert.equal(sandbox.lookup(second.AccessKeyId)?.expiresAtMs, hostNowMs);
  });

  test('has no credentials for an instance without a role', async () => {
    sandbox.change({ instance: { roleName: '' } });
    assert.equal((await read('meta-data/iam/security-credentials/')).status, 404);
  });
});

describe('the services', () => {
  test('verify signatures', async () => {
    const key = sandbox.issueKey();
    const identity = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
    const cases: readonly [key: IssuedKey, status: number, text: RegExp][] = [
      [key, 200, /<Account>111122223333<\/Account>/],
      [{ ...key, secretAccessKey: 'x' }, 403, /<Code>SignatureDoesNotMatch<\/Code>/],
      [{ ...key, accessKeyId: 'x' }, 403, /<Code>InvalidClientTokenId<\/Code>/],
      [{ ...key, sessionToken: 'x' }, 403, /<Code>InvalidClientTokenId<\/Code>/],
    ];
    for (const [used, status, text] of cases) {
      const answer = await call(identity, 'sts', used);
      assert.equal(answer.status, status);
      assert.match(answer.text, text);
    }
    sandbox.expireKeys();
    assert.match((await call(identity, 'sts', key)).text, /<Code>ExpiredToken<\/Code>/);
  });

  test('refuse unsigned requests in their own words', async () => {
    const cases: readonly [path: string, method: string, status: number, text: RegExp][] = [
      [
        '/?Action=GetCallerIdentity&Version=2011-06-15',
        'GET',
        403,
        /<Code>MissingAuthenticationToken<\/Code>/,
      ],
      ['/?Action=DescribeInstances&Version=2016-11-15', 'GET', 401, /<Code>AuthFailure<\/Code>/],
      [
        '/2015-03-31/functions/CloneSquad-Discovery-demo/invocations',
        'POST',
        403,
        /"Missing Authentication Token"/,
      ],
    ];
    for (const [path, method, status, text] of cases) {
      const response = await fetch(`${sandbox.awsUrl}${path}`, { method });
      assert.equal(response.status, status);
      assert.match(await response.text(), text);
    }
  });

  const listed: readonly [parameters: Record<string, string>, isListed: boolean][] = [
    [{}, true],
    [{ 'InstanceId.1': 'i-0123456789abcdef0' }, true],
    [
      {
        'Filter.1.Name': 'instance-id',
        'Filter.1.Value.1': 'i-0',
        'Filter.1.Value.2': 'i-0123456789abcdef0',
      },
      true,
    ],
    [{ 'Filter.1.Name': 'instance-id', 'Filter.1.Value.1': 'i-0' }, false],
    [{ 'Filter.1.Name': 'tag:clonesquad:group-name', 'Filter.1.Value.1': 'demo' }, true],
    [{ 'Filter.1.Name': 'tag:clonesquad:group-name', 'Filter.1.Value.1': 'other' }, false],
    [{ 'Filter.1.Name': 'tag-key', 'Filter.1.Value.1': 'Name' }, true],
    [
      {
        'Filter.1.Name': 'tag-key',
        'Filter.1.Value.1': 'Name',
        'Filter.2.Name': 'instance-id',
        'Filter.2.Value.1': 'i-0',
      },
      false,
    ],
  ];
  for (const [parameters, isListed] of listed) {
    test(`DescribeInstances ${JSON.stringify(parameters)} lists ${isListed ? 'it' : 'nothing'}`, async () => {
      const { status, text } = await describeInstances(parameters);
      assert.equal(status, 200);
      assert.equal(text.includes('<instanceId>i-0123456789abcdef0</instanceId>'), isListed);
    });
  }

  test('know no other instance and no other action', async () => {
    const stranger = await describeInstances({ 'InstanceId.1': 'i-0' });
    assert.match(`${stranger.status} ${stranger.text}`, /^400 .*<Code>InvalidInstanceID\.NotFound<\/Code>/s);
    const action = await call({ Action: 'TerminateInstances', Version: '2016-11-15' }, 'ec2');
    assert.match(`${action.status} ${action.text}`, /^400 .*<Code>InvalidAction<\/Code>/s);
  });
});

describe('counts', () => {
  test('are kept by service and operation, and start again', async () => {
    await read('meta-data/instance-id');
    await describeInstances({});
    assert.deepEqual(sandbox.requests(), {
      total: { imds: 2, sts: 0, ec2: 1, lambda: 0 },
      operations: {
        'imds PUT api/token': 1,
        'imds GET meta-data/instance-id': 1,
        'ec2 DescribeInstances': 1,
      },
    });
    sandbox.resetRequests();
    assert.deepEqual(sandbox.requests(), { total: { imds: 0, sts: 0, ec2: 0, lambda: 0 }, operations: {} });
  });
});

describe('faults', () => {
  test('strike the operation they name, as often as they say', async () => {
    const session = await token();
    sandbox.setFault('imds', { kind: 'status', status: 500, operation: 'GET meta-data/tags', times: 2 });
    const statuses: number[] = [];
    for (const path of [
      'meta-data/instance-id',
      'meta-data/tags/instance',
      'meta-data/tags/instance',
      'meta-data/tags/instance',
    ]) {
      statuses.push((await read(path, session)).status);
    }
    assert.deepEqual(statuses, [200, 500, 500, 200]);
    assert.deepEqual(sandbox.faults(), {});
  });

  test('a bad one is refused in process too', () => {
    assert.throws(() => sandbox.setFault('imds', { kind: 'status' }), /fault\.status/);
  });

  test('closing does not wait for what hangs', async () => {
    sandbox.setFault('imds', { kind: 'hang' });
    const hanging = fetch(`${sandbox.imdsUrl}/latest/api/token`, { method: 'PUT' }).catch(() => 'cut');
    while (sandbox.requests().total.imds === 0) await new Promise(setImmediate);
    await sandbox.close();
    assert.equal(await hanging, 'cut');
  });
});

test('the server’s clock is seen in Date', async () => {
  sandbox.change({ clock: { offsetMs: 3_600_000 } });
  const response = await fetch(sandbox.awsUrl);
  assert.equal(response.headers.get('date'), 'Fri, 02 Jan 2026 04:04:05 GMT');
});

describe('the admin interface', () => {
  async function admin(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: unknown }> {
    const init =
      body === undefined
        ? { method }
        : { method, body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(`${sandbox.adminUrl}/sandbox/${path}`, init);
    return { status: response.status, json: await response.json() };
  }

  test('reads and changes the state', async () => {
    assert.deepEqual(await admin('GET', 'state'), { status: 200, json: sandbox.state() });
    const { status } = await admin('PATCH', 'state', {
      discovery: { dialect: 'd1' },
      credentials: { lifetimeSeconds: 30 },
    });
    assert.equal(status, 200);
    assert.deepEqual(
      [sandbox.state().discovery.dialect, sandbox.state().credentials.lifetimeSeconds],
      ['d1', 30],
    );
  });

  test('announces, and takes back', async () => {
    const spotInterruption = { action: 'stop', time: '2026-11-22T10:00:00Z' };
    const item = 'meta-data/spot/instance-action';
    assert.equal((await admin('PATCH', 'state', { signals: { spotInterruption } })).status, 200);
    assert.deepEqual(JSON.parse((await read(item)).text), spotInterruption);
    assert.equal((await admin('PATCH', 'state', { signals: { spotInterruption: null } })).status, 200);
    assert.equal((await read(item)).status, 404);
  });

  test('sets and lifts faults', async () => {
    const fault = { kind: 'status', status: 503 };
    assert.deepEqual(await admin('PUT', 'faults/ec2', fault), { status: 200, json: { ec2: fault } });
    assert.equal((await describeInstances({})).status, 503);
    assert.deepEqual(await admin('GET', 'faults'), { status: 200, json: { ec2: fault } });
    assert.deepEqual(await admin('DELETE', 'faults/ec2'), { status: 200, json: {} });
    assert.equal((await describeInstances({})).status, 200);
  });

  test('reads and resets the counts', async () => {
    await token();
    assert.deepEqual(await admin('GET', 'requests'), { status: 200, json: sandbox.requests() });
    await admin('DELETE', 'requests');
    assert.equal(sandbox.requests().total.imds, 0);
  });

  test('gives the issued keys to whoever verifies signatures', async () => {
    const issued = await admin('POST', 'keys', { sessionName: 'operator' });
    assert.partialDeepStrictEqual(issued.json, {
      sessionName: 'operator',
      accountId: '111122223333',
      arn: 'arn:aws:sts::111122223333:assumed-role/watched-instance/operator',
      expiresAtMs: hostNowMs + 6 * 3_600_000,
    });
    await admin('POST', 'keys');
    const { json } = await admin('GET', 'keys');
    assert.deepEqual(json, sandbox.issuedKeys());
    await admin('POST', 'keys/expire');
    assert.ok(sandbox.issuedKeys().every(({ expiresAtMs }) => expiresAtMs === hostNowMs));
    await admin('POST', 'keys/forget');
    assert.deepEqual(sandbox.issuedKeys(), []);
  });

  const refused: readonly [method: string, path: string, body: unknown, status: number, message: RegExp][] = [
    ['PATCH', 'state', '{', 400, /not JSON/],
    ['PATCH', 'state', { imds: { tags: true } }, 400, /imds\.tags: there is no such setting/],
    [
      'PATCH',
      'state',
      { signals: { targetLifecycleState: 'Gone' } },
      400,
      /signals\.targetLifecycleState: must/,
    ],
    ['PUT', 'faults/s3', { kind: 'hang' }, 400, /s3: must be one of imds, sts, ec2, lambda/],
    ['PUT', 'faults/ec2', { kind: 'x' }, 400, /fault\.kind/],
    ['POST', 'keys', { sessionName: 'a b' }, 400, /sessionName/],
    ['POST', 'keys/burn', undefined, 404, /keys\/expire or keys\/forget/],
    ['GET', 'nothing', undefined, 404, /there is no GET/],
    ['GET', 'state/x', undefined, 404, /there is no GET/],
  ];
  for (const [method, path, body, status, message] of refused) {
    test(`${method} ${path} ${JSON.stringify(body)} is ${status}`, async () => {
      const answer = await admin(method, path, body);
      assert.equal(answer.status, status);
      assert.match((answer.json as { message: string }).message, message);
    });
  }
});
