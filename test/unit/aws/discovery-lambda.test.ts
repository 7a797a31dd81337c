import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  type DiscoveryQuery,
  discoveryFunction,
  invokeDiscovery,
} from '../../../src/aws/discovery-lambda.ts';
import { type Fault, type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';

let sandbox: SandboxHandle;
beforeEach(async () => {
  sandbox = await startSandbox({
    state: { discovery: { apiUrl: 'https://api.example/v1/', vpcEndpoint: 'vpce.example' } },
  });
});
afterEach(() => sandbox.close());

function query(changes: Partial<DiscoveryQuery> = {}): DiscoveryQuery {
  const { partition, region, accountId } = sandbox.state().instance;
  const credentials = sandbox.issueKey();
  const env = sandbox.environment();
  return { groupName: 'demo', partition, region, accountId, credentials, env, timeoutMs: 5_000, ...changes };
}

test('the function is named in its own partition', () => {
  const names = { groupName: 'g', partition: 'aws-cn', region: 'cn-north-1', accountId: '1' };
  assert.equal(discoveryFunction(names), 'arn:aws-cn:lambda:cn-north-1:1:function:CloneSquad-Discovery-g');
});

describe('definite answers', () => {
  const endpointKeys = {
    d0: 'ApiGwVpcEndpointDNSEntries',
    d1: 'ApiGwVpcEndpointDNSEntry',
    d2: 'ApiGwVpcEndpointDNSEntry',
  };
  for (const dialect of ['d0', 'd1', 'd2'] as const) {
    test(`the document in dialect ${dialect}`, async () => {
      sandbox.change({ discovery: { dialect } });
      const answer = await invokeDiscovery(query());
      assert.ok(answer.kind === 'found');
      assert.equal(answer.discovery.InteractAPIGWUrl, 'https://api.example/v1/');
      assert.equal(answer.discovery[endpointKeys[dialect]], 'vpce.example');
      assert.equal('CloneSquadVersion' in answer.discovery, dialect === 'd2');
      assert.equal(sandbox.requests().total.lambda, 1);
    });
  }
  test('no such function', async () => {
    assert.deepEqual(await invokeDiscovery(query({ groupName: 'other' })), { kind: 'absent' });
  });
  test('no permission', async () => {
    sandbox.change({ permissions: { invokeFunction: false } });
    const answer = await invokeDiscovery(query());
    assert.ok(answer.kind === 'denied');
    assert.match(answer.message, /not authorized to perform: lambda:InvokeFunction/);
  });
  test('another partition', async () => {
    sandbox.change({ instance: { partition: 'aws-cn', region: 'cn-north-1' } });
    assert.equal((await invokeDiscovery(query())).kind, 'found');
  });
});

describe('not knowing', () => {
  const cases: readonly [what: string, fault: Fault, code: string, message: RegExp][] = [
    [
      'a function that fails',
      { kind: 'function-error' },
      'function',
      /\(Unhandled\): asked for by the sandbox/,
    ],
    [
      'a function that ends without JSON',
      { kind: 'function-error', body: 'RequestId: 1 timed out' },
      'function',
      /timed out/,
    ],
    ['an answer that is no JSON', { kind: 'body', body: '<html>' }, 'answer', /JSON object/],
    ['a JSON list', { kind: 'body', body: '[]' }, 'answer', /JSON object/],
    ['a JSON null', { kind: 'body', body: 'null' }, 'answer', /JSON object/],
    ['an empty answer', { kind: 'body', body: '' }, 'answer', /JSON object/],
    ['a failure of Lambda', { kind: 'status', status: 500, body: '{"message":"no"}' }, 'service', /./],
    ['throttling', { kind: 'status', status: 429, body: '{"message":"Rate Exceeded."}' }, 'service', /./],
    ['a reset', { kind: 'reset' }, 'transport', /./],
    ['silence', { kind: 'hang' }, 'timeout', /no answer within 500 ms/],
    ['a body that stops', { kind: 'hang-in-body' }, 'timeout', /no answer within 500 ms/],
  ];
  for (const [what, fault, code, message] of cases) {
    test(`${what} is ${code}`, async () => {
      sandbox.setFault('lambda', fault);
      const timeoutMs = code === 'timeout' ? 500 : 5_000;
      await assert.rejects(invokeDiscovery(query({ timeoutMs })), {
        name: 'DiscoveryError',
        code,
        message,
      });
    });
  }

  test('dead credentials are told apart', async () => {
    const expired = query();
    sandbox.expireKeys();
    await assert.rejects(invokeDiscovery(expired), { code: 'credentials' });
    const forgotten = query();
    sandbox.forgetKeys();
    await assert.rejects(invokeDiscovery(forgotten), { code: 'credentials' });
  });

  test('an environment that cannot be used is named', async () => {
    for (const variable of ['AWS_ENDPOINT_URL_LAMBDA', 'AWS_CA_BUNDLE', 'HTTPS_PROXY']) {
      const env = { ...sandbox.environment(), [variable]: 'ftp://nonsense' };
      await assert.rejects(invokeDiscovery(query({ env })), { name: 'EnvironmentError', variable });
    }
  });

  test('the caller’s abort comes back as its own reason', async () => {
    sandbox.setFault('lambda', { kind: 'hang' });
    const reason = new Error('stopping');
    const controller = new AbortController();
    const attempt = invokeDiscovery(query(), controller.signal);
    controller.abort(reason);
    await assert.rejects(attempt, reason);
  });
});

test('a clock that is off is corrected by the SDK’s one retry', async () => {
  sandbox.change({ clock: { offsetMs: 3_600_000 } });
  assert.equal((await invokeDiscovery(query())).kind, 'found');
  assert.equal(sandbox.requests().total.lambda, 2);
});

test('a clock that is known to be off costs no retry', async () => {
  sandbox.change({ clock: { offsetMs: 3_600_000 } });
  assert.equal((await invokeDiscovery(query({ clockOffsetMs: 3_600_000 }))).kind, 'found');
  assert.equal(sandbox.requests().total.lambda, 1);
});

test('FIPS and dual stack in the process’s environment do not disturb a configured endpoint', async (t) => {
  t.after(() => {
    delete process.env.AWS_USE_FIPS_ENDPOINT;
    delete process.env.AWS_USE_DUALSTACK_ENDPOINT;
  });
  Object.assign(process.env, { AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'true' });
  assert.equal((await invokeDiscovery(query())).kind, 'found');
});

test('nothing is printed', async (t) => {
  const printed = ['log', 'info', 'warn', 'error', 'debug'].map((name) =>
    t.mock.method(console, name as 'warn', () => undefined),
  );
  await invokeDiscovery(query());
  assert.deepEqual(
    printed.map((method) => method.mock.callCount()),
    [0, 0, 0, 0, 0],
  );
});
