// Where the API is, by address and by group, against a Lambda on loopback; and every way not to find it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { CredentialSource } from '../../../../src/aws/credentials.ts';
import { regionOfHost } from '../../../../src/interaction/client/api-address.ts';
import { ApiFailure } from '../../../../src/interaction/client/api-failure.ts';
import { type ApiQuery, findApi } from '../../../../src/interaction/client/find-api.ts';
import { type Fault, type SandboxHandle, startSandbox } from '../../../../src/sandbox/sandbox.ts';
import { unusedPort } from './loopback-server.ts';

const limits = { timeoutMs: 5_000 };
const region = 'eu-west-3';
let directory: string;
let sandbox: SandboxHandle;
let credentials: CredentialSource;
let refused: string[];

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'find-api-'));
  writeFileSync(
    join(directory, 'config'),
    '[default]\nregion = eu-north-1\n[profile far]\nregion = ap-south-1\n',
  );
});
after(() => rmSync(directory, { recursive: true }));
beforeEach(async () => {
  sandbox = await startSandbox({
    state: {
      instance: { region },
      discovery: { apiUrl: 'http://127.0.0.1:1/v1/', vpcEndpoint: 'vpce.example:8443' },
    },
  });
  let key = sandbox.issueKey();
  refused = [];
  credentials = {
    get: async () => key,
    invalidate: ({ accessKeyId }) => {
      refused.push(accessKeyId);
      key = sandbox.issueKey();
    },
  };
});
afterEach(() => sandbox.close());

function query(changes: Partial<ApiQuery> = {}): ApiQuery {
  const files = {
    AWS_CONFIG_FILE: join(directory, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'none'),
  };
  return { env: { ...sandbox.environment(), ...files }, credentials, ...changes };
}

async function failureOf(changes: Partial<ApiQuery>): Promise<ApiFailure> {
  return findApi(query(changes), limits).then(
    () => assert.fail('it was found'),
    (error) => {
      assert.ok(error instanceof ApiFailure, String(error));
      return error;
    },
  );
}

describe('by address', () => {
  const url = 'https://pq264fab39.execute-api.us-east-2.amazonaws.com/v1';
  it('the region is the address’s, before the environment’s', async () => {
    const found = await findApi(query({ apiUrl: url, env: { AWS_REGION: 'eu-west-1' } }), limits);
    assert.deepEqual(found, {
      routes: [{ label: 'api-url', url: `${url}/`, headers: {} }],
      region: 'us-east-2',
      group: null,
      discovery: null,
      dialect: null,
      isPlainHttp: false,
    });
  });
  it('the option goes before both', async () => {
    assert.equal((await findApi(query({ apiUrl: url, region }), limits)).region, region);
  });
  it('a VPC endpoint is told which API is meant', async () => {
    const apiUrl = 'https://vpce-0a1b-c2d.execute-api.eu-west-3.vpce.amazonaws.com/v1/';
    const found = await findApi(query({ apiUrl, apiId: 'pq264fab39' }), limits);
    assert.equal(found.region, region);
    assert.deepEqual(found.routes[0].headers, { 'x-apigw-api-id': 'pq264fab39' });
  });

  const apiUrl = 'http://127.0.0.1:8080/v1/';
  const config = () => ({ AWS_CONFIG_FILE: join(directory, 'config'), AWS_EC2_METADATA_DISABLED: 'true' });
  const places: readonly [what: string, () => Partial<ApiQuery>, expected: string][] = [
    [
      'AWS_REGION',
      () => ({ env: { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' } }),
      'eu-west-1',
    ],
    ['AWS_DEFAULT_REGION', () => ({ env: { ...config(), AWS_DEFAULT_REGION: 'eu-west-2' } }), 'eu-west-2'],
    ['the default profile', () => ({ env: config() }), 'eu-north-1'],
    ['AWS_PROFILE', () => ({ env: { ...config(), AWS_PROFILE: 'far' } }), 'ap-south-1'],
    ['--profile', () => ({ env: config(), profile: 'far' }), 'ap-south-1'],
    ['the instance', () => ({}), region],
  ];
  for (const [what, changes, expected] of places) {
    it(`otherwise the region is that of ${what}`, async () => {
      const found = await findApi(query({ apiUrl, ...changes() }), limits);
      assert.deepEqual([found.region, found.isPlainHttp], [expected, true]);
    });
  }
});

describe('by group', () => {
  for (const [dialect, expected] of [
    ['d0', 'd0'],
    ['d1', 'd1'],
    ['d2', 'd2'],
  ] as const) {
    it(`in dialect ${dialect}`, async () => {
      sandbox.change({ discovery: { dialect } });
      const found = await findApi(query({ group: 'demo', region }), limits);
      assert.deepEqual([found.dialect, found.group, found.isPlainHttp], [expected, 'demo', true]);
      assert.deepEqual(
        found.routes.map(({ label, url }) => [label, url]),
        [
          ['vpc-endpoint', 'http://vpce.example:8443/v1/'],
          ['public', 'http://127.0.0.1:1/v1/'],
        ],
      );
      assert.equal(typeof found.discovery?.InteractQueue, 'string');
      assert.equal(sandbox.requests().total.sts ?? 0, 0, 'nobody is asked for the account');
    });
  }

  it('refused credentials are renewed once', async () => {
    sandbox.expireKeys();
    const found = await findApi(query({ group: 'demo', region }), limits);
    assert.equal(found.group, 'demo');
    assert.equal(refused.length, 1);
  });
});

describe('not found', () => {
  const usage: readonly [what: string, changes: Partial<ApiQuery>, message: RegExp][] = [
    ['nothing was named', {}, /^no API was named: give --group or --api-url$/],
    ['an API id alone', { group: 'demo', apiId: 'a' }, /^--api-id: it goes with --api-url only$/],
    ['no URL', { apiUrl: 'api' }, /^--api-url: not a URL: expected something like https:/],
    ['an API id that is none', { apiUrl: 'http://127.0.0.1/v1/', apiId: 'a b' }, /^--api-id: not an API id/],
    ['a group that is none', { group: 'a\u001b/b' }, /^--group: a \/b is not the name of a group: letters/],
    [
      'no region',
      { apiUrl: 'http://127.0.0.1/v1/', env: { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' } },
      /^no region, requests cannot be signed without one: give --region or set AWS_REGION$/,
    ],
    [
      'an endpoint that is none',
      { group: 'demo', region, env: { AWS_ENDPOINT_URL: 'x' } },
      /^AWS_ENDPOINT_URL: x is not/,
    ],
  ];
  for (const [what, changes, message] of usage) {
    it(what, async () => {
      const failure = await failureOf(changes);
      assert.equal(failure.exit, 'usage');
      assert.match(failure.message, message);
    });
  }

  it('no such function', async () => {
    const failure = await failureOf({ group: 'other', region });
    assert.equal(failure.kind, 'no-such-group');
    assert.equal(
      failure.message,
      'Discovery function: there is no function CloneSquad-Discovery-other in eu-west-3: wrong --group, or the group is in another region (--region) or account (--profile)',
    );
  });

  it('not allowed, with the exact statement', async () => {
    sandbox.change({ permissions: { invokeFunction: false } });
    const failure = await failureOf({ group: 'demo', region });
    assert.equal(failure.kind, 'not-allowed');
    assert.equal(
      failure.advice,
      'add to a policy of role watched-instance: {"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-3:111122223333:function:CloneSquad-Discovery-demo"}',
    );
  });

  it('a document without an address', async () => {
    sandbox.change({ discovery: { apiUrl: '', vpcEndpoint: '' } });
    const failure = await failureOf({ group: 'demo', region });
    assert.deepEqual([failure.kind, failure.subject], ['not-an-api', 'Discovery function']);
    assert.match(
      failure.message,
      /: InteractAPIGWUrl: not a URL: check the deployment of demo, or give --api-url$/,
    );
  });

  const faults: readonly [Fault, kind: string][] = [
    [{ kind: 'function-error' }, 'server'],
    [{ kind: 'body', body: '[]' }, 'not-an-api'],
    [{ kind: 'status', status: 503 }, 'server'],
    [{ kind: 'reset' }, 'interrupted'],
  ];
  for (const [fault, kind] of faults) {
    it(`a function that answers with ${JSON.stringify(fault)}`, async () => {
      sandbox.setFault('lambda', fault);
      assert.equal((await failureOf({ group: 'demo', region })).kind, kind);
    });
  }

  it('no Lambda there', async () => {
    const env = { AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${await unusedPort()}` };
    const failure = await failureOf({ group: 'demo', region, env });
    assert.equal(failure.kind, 'no-connection');
  });

  it('a Lambda that does not answer', async () => {
    sandbox.setFault('lambda', { kind: 'hang' });
    const failure = await findApi(query({ group: 'demo', region }), { timeoutMs: 200 }).catch(
      (error) => error,
    );
    assert.deepEqual([failure.kind, failure.exit], ['timeout', 'timeout']);
  });
});

describe('the region in a host name', () => {
  const names: readonly [string, string | null][] = [
    ['pq264fab39.execute-api.eu-west-3.amazonaws.com', 'eu-west-3'],
    ['pq264fab39.execute-api-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['pq264fab39.execute-api.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['vpce-0a1b-c2d-eu-west-3a.execute-api.eu-west-3.vpce.amazonaws.com', 'eu-west-3'],
    ['sqs.eu-west-3.amazonaws.com', 'eu-west-3'],
    ['vpce-0a1b-c2d.sqs.eu-west-3.vpce.amazonaws.com', 'eu-west-3'],
    ['eu-west-3.queue.amazonaws.com', 'eu-west-3'],
    ['127.0.0.1', null],
    ['api.example.com', null],
    ['sqs.corp.example', null],
    ['prod.queue.example', null],
  ];
  for (const [name, expected] of names) it(name, () => assert.equal(regionOfHost(name), expected));
});
