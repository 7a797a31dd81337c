// One attempt to learn the context, against AWS's services on loopback: what is asked of whom, and for how long.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type CredentialSource, CredentialsError } from '../../../../src/aws/credentials.ts';
import { invokeDiscovery } from '../../../../src/aws/discovery-lambda.ts';
import type { Environment } from '../../../../src/aws/http-agents.ts';
import { createImds, type Imds, unknown } from '../../../../src/aws/imds.ts';
import { createSignedHttp, type SignedHttp } from '../../../../src/aws/signed-http.ts';
import { type SandboxHandle, startSandbox } from '../../../../src/sandbox/sandbox.ts';
import type { Resolution } from '../../../../src/watcher/context/instance-context.ts';
import { type ContextSources, resolveContext } from '../../../../src/watcher/context/resolve-context.ts';

const INSTANCE_ID = 'i-0123456789abcdef0';
const REGION = 'eu-west-1';
const NAMED = { instanceId: INSTANCE_ID, region: REGION };
const timeoutMs = 5_000;

let sandbox: SandboxHandle;
let imds: Imds;
let http: SignedHttp;
/** The paths that were asked of the metadata service, in their order. */
let read: string[];

beforeEach(async () => {
  sandbox = await startSandbox();
  const client = createImds({ env: sandbox.environment(), readTimeoutMs: 300 });
  read = [];
  imds = {
    read: (path, signal) => {
      read.push(path);
      return client.read(path, signal);
    },
    close: client.close,
  };
  http = createSignedHttp({ env: {}, credentials: issued(), userAgent: 'test/1' });
});
afterEach(async () => {
  imds.close();
  http.close();
  await sandbox.close();
});

function issued(): CredentialSource {
  const key = sandbox.issueKey();
  return { get: async () => key, invalidate: () => undefined };
}

function resolve(changes: Partial<ContextSources> = {}): Promise<Resolution> {
  const sources: ContextSources = {
    imds,
    http,
    credentials: issued(),
    env: sandbox.environment(),
    invokeDiscovery,
    instanceId: null,
    region: null,
    timeoutMs,
    ...changes,
  };
  return resolveContext(sources, AbortSignal.timeout(timeoutMs));
}

describe('the metadata service', () => {
  test('tells everything, and each thing once', async () => {
    assert.equal((await resolve()).kind, 'ready');
    assert.deepEqual(read.toSorted(), [
      'dynamic/instance-identity/document',
      'meta-data/services/domain',
      'meta-data/services/partition',
      'meta-data/tags/instance',
      'meta-data/tags/instance/clonesquad:group-name',
    ]);
    const { sts, ec2, lambda } = sandbox.requests().total;
    assert.deepEqual({ sts, ec2, lambda }, { sts: 0, ec2: 0, lambda: 1 });
  });

  test('that is silent costs one deadline where the operator named the instance', async () => {
    sandbox.setFault('imds', { kind: 'hang' });
    assert.equal((await resolve(NAMED)).kind, 'ready');
    assert.deepEqual(read, ['dynamic/instance-identity/document']);
    assert.deepEqual(sandbox.requests().operations, {
      'imds PUT api/token': 1,
      'ec2 DescribeInstances': 1,
      'sts GetCallerIdentity': 1,
      'lambda Invoke': 1,
    });
  });

  test('that falls silent on the way costs one deadline, and is not waited for with EC2', async () => {
    sandbox.setFault('imds', { kind: 'hang', operation: 'GET meta-data/services' });
    assert.equal((await resolve()).kind, 'ready');
    assert.deepEqual(read.length, 3, read.join());
    assert.equal(sandbox.requests().operations['ec2 DescribeInstances'], 1);
  });

  test('that is silent tells nothing, and what to do off EC2 is said', async () => {
    sandbox.setFault('imds', { kind: 'hang' });
    const resolution = await resolve();
    assert.equal(resolution.kind, 'unknown');
    assert.match(
      resolution.kind === 'unknown' ? resolution.message : '',
      /^not known which instance this is: .*no answer within 300 ms: not on EC2\? give --instance-id and --region$/,
    );
    assert.deepEqual(read, ['dynamic/instance-identity/document']);
  });
});

test('a clock that is known to be off costs the Lambda call no retry', async () => {
  sandbox.change({ clock: { offsetMs: 3_600_000 }, imds: { tagsEnabled: false } });
  assert.equal((await resolve()).kind, 'ready');
  assert.equal(sandbox.requests().operations['lambda Invoke'], 1);
});

test('the Lambda call goes to the domain that the metadata service names', async () => {
  sandbox.change({ instance: { domain: 'new.example' } });
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    const env: Environment = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    assert.equal((await resolve({ env })).kind, 'unknown');
    assert.equal(asked[0], `lambda.${REGION}.new.example:443`);
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
});

describe('without credentials', () => {
  const ADVICE = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the instance a role';
  for (const [code, kind] of [
    ['none', 'refused'],
    ['unavailable', 'unknown'],
  ] as const) {
    test(`${code} is ${kind}, with what to do`, async () => {
      const credentials: CredentialSource = {
        get: async () => {
          throw new CredentialsError(code, 'why');
        },
        invalidate: () => undefined,
      };
      assert.deepEqual(await resolve({ credentials }), { kind, message: `why: ${ADVICE}` });
    });
  }
});

describe('what the policies do not allow is named as a statement would name it', () => {
  for (const [permission, action, resource] of [
    [
      'invokeFunction',
      'lambda:InvokeFunction',
      `arn:aws-cn:lambda:${REGION}:111122223333:function:CloneSquad-Discovery-demo`,
    ],
    ['describeInstances', 'ec2:DescribeInstances', '*'],
  ] as const) {
    test(action, async () => {
      sandbox.change({
        permissions: { [permission]: false },
        imds: { tagsEnabled: false },
        instance: { partition: 'aws-cn' },
      });
      const resolution = await resolve();
      assert.equal(resolution.kind, 'refused');
      const denied = resolution.kind === 'refused' ? resolution.denied : undefined;
      assert.deepEqual([denied?.action, denied?.resource], [action, resource]);
      assert.match(denied?.said ?? '', new RegExp(`not authorized to perform: ${action}`));
    });
  }
});

test('a metadata service that is turned off is a definite answer', async () => {
  const off: Imds = { read: async () => unknown('disabled', 'turned off'), close: () => undefined };
  assert.deepEqual(await resolve({ imds: off }), {
    kind: 'refused',
    message: 'not known which instance this is: turned off: not on EC2? give --instance-id and --region',
  });
});
