import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { CredentialSource } from '../../../src/aws/credentials.ts';
import { describeInstanceTags } from '../../../src/aws/ec2.ts';
import { isAccessDenied, type QueryApi } from '../../../src/aws/query-api.ts';
import { createSignedHttp, type SignedHttp } from '../../../src/aws/signed-http.ts';
import { getCallerIdentity } from '../../../src/aws/sts.ts';
import { type Fault, type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';

const limits = { timeoutMs: 5_000 };
const throttled =
  '<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>1</RequestID></Response>';
let sandbox: SandboxHandle;
let http: SignedHttp;
let api: QueryApi;

beforeEach(async () => {
  sandbox = await startSandbox();
  let key = sandbox.issueKey();
  const credentials: CredentialSource = {
    get: async () => key,
    invalidate: () => {
      key = sandbox.issueKey();
    },
  };
  http = createSignedHttp({ env: {}, credentials, userAgent: 'test/1' });
  api = { http, env: sandbox.environment(), region: sandbox.state().instance.region };
});
afterEach(async () => {
  http.close();
  await sandbox.close();
});

describe('GetCallerIdentity', () => {
  test('tells the account', async () => {
    const { accountId, arn, userId } = await getCallerIdentity(api, limits);
    assert.equal(accountId, '111122223333');
    assert.equal(arn, 'arn:aws:sts::111122223333:assumed-role/watched-instance/i-0123456789abcdef0');
    assert.match(userId, /^AROA[A-Z2-7]{16}:i-0123456789abcdef0$/);
  });
});

describe('DescribeInstances', () => {
  const describeTags = (id = 'i-0123456789abcdef0') => describeInstanceTags(api, id, limits);

  const tagSets: readonly Record<string, string>[] = [
    {},
    { Name: 'one' },
    { 'clonesquad:group-name': 'demo', Name: 'two' },
    { 'a<b>&"c"': "it's 1 < 2 & \u00e9\u1234", empty: '', number: '0012' },
    { ' leading': ' and trailing ' },
  ];
  for (const tags of tagSets) {
    test(`tags ${JSON.stringify(tags)}`, async () => {
      sandbox.change({ instance: { tags } });
      assert.deepEqual(await describeTags(), { kind: 'found', tags: new Map(Object.entries(tags)) });
    });
  }

  test('an instance that does not exist', async () => {
    assert.deepEqual(await describeTags('i-00000000000000000'), { kind: 'no-such-instance' });
  });

  test('a missing permission is a definite answer', async () => {
    sandbox.change({ permissions: { describeInstances: false } });
    await assert.rejects(
      describeTags(),
      (error) => isAccessDenied(error) && /ec2:DescribeInstances/.test(String(error)),
    );
  });

  const failures: readonly [what: string, fault: Fault, expected: object][] = [
    [
      'throttling',
      { kind: 'status', status: 503, body: throttled },
      { code: 'RequestLimitExceeded', status: 503 },
    ],
    ['an error without a body', { kind: 'status', status: 500 }, { code: undefined, status: 500 }],
    ['a page of HTML', { kind: 'body', body: '<html><p>Sign in</html>' }, { code: undefined, status: 200 }],
    [
      'a cut-off answer',
      { kind: 'body', body: '<DescribeInstancesResponse><reserv' },
      { code: undefined, status: 200 },
    ],
    [
      'another action’s answer',
      { kind: 'body', body: '<XResponse><a/></XResponse>' },
      { code: undefined, status: 200 },
    ],
    ['a reset', { kind: 'reset' }, { failure: 'reset' }],
  ];
  for (const [what, fault, expected] of failures) {
    test(`${what} is an error and no answer`, async () => {
      sandbox.setFault('ec2', fault);
      await assert.rejects(describeTags(), (error) => {
        assert.partialDeepStrictEqual({ ...(error as object) }, expected);
        return !isAccessDenied(error);
      });
    });
  }
});

test('EC2’s RequestExpired for dead credentials is mended with a clock slightly off, too', async () => {
  sandbox.change({ clock: { offsetMs: 30_000 } });
  sandbox.expireKeys();
  assert.equal((await describeInstanceTags(api, 'i-0123456789abcdef0', limits)).kind, 'found');
  assert.equal(sandbox.requests().total.ec2, 3);
});

describe('refusals are mended against each service', () => {
  const calls = {
    sts: () => getCallerIdentity(api, limits),
    ec2: () => describeInstanceTags(api, 'i-0123456789abcdef0', limits),
  };
  for (const service of ['sts', 'ec2'] as const) {
    test(`${service}: expired, forgotten, and skewed`, async () => {
      sandbox.expireKeys();
      await calls[service]();
      sandbox.forgetKeys();
      await calls[service]();
      sandbox.change({ clock: { offsetMs: 3_600_000 } });
      await calls[service]();
      assert.equal(sandbox.requests().total[service], 6);
    });
  }
});
