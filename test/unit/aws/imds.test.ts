import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { createImds, type Imds, type ImdsFailure, type ImdsOptions } from '../../../src/aws/imds.ts';
import {
  readInstanceIdentity,
  readInstanceTag,
  readPartition,
  readRoleName,
  readServiceDomain,
} from '../../../src/aws/instance-metadata.ts';
import { type Fault, type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';

const group = 'clonesquad:group-name';
let sandbox: SandboxHandle;
let clients: Imds[] = [];

function client(options: Partial<ImdsOptions> = {}): Imds {
  const imds = createImds({ env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: sandbox.imdsUrl }, ...options });
  clients.push(imds);
  return imds;
}

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  for (const imds of clients) imds.close();
  clients = [];
  await sandbox.close();
});

describe('what an instance says about itself', () => {
  test('its identity', async () => {
    const { instanceId, region, accountId, availabilityZone } = sandbox.state().instance;
    assert.deepEqual(await readInstanceIdentity(client()), {
      kind: 'value',
      value: { instanceId, region, accountId, availabilityZone },
    });
  });
  test('the region is the document’s in a Local Zone too', async () => {
    sandbox.change({ instance: { region: 'us-west-2', availabilityZone: 'us-west-2-lax-1a' } });
    const identity = await readInstanceIdentity(client());
    assert.equal(identity.kind === 'value' && identity.value.region, 'us-west-2');
  });
  test('its partition and domain', async () => {
    sandbox.change({ instance: { partition: 'aws-cn', domain: 'amazonaws.com.cn' } });
    assert.deepEqual(await readPartition(client()), { kind: 'value', value: 'aws-cn' });
    assert.deepEqual(await readServiceDomain(client()), { kind: 'value', value: 'amazonaws.com.cn' });
  });
  test('its role, or that it has none', async () => {
    assert.deepEqual(await readRoleName(client()), { kind: 'value', value: 'watched-instance' });
    sandbox.change({ instance: { roleName: '' } });
    assert.deepEqual(await readRoleName(client()), { kind: 'absent' });
  });
});

describe('a tag', () => {
  test('is there', async () => {
    assert.deepEqual(await readInstanceTag(client(), group), { kind: 'value', value: 'demo' });
  });
  test('is absent', async () => {
    sandbox.change({ instance: { tags: { Name: 'x' } } });
    assert.deepEqual(await readInstanceTag(client(), group), { kind: 'absent' });
    assert.equal(sandbox.requests().total.imds, 2, 'the list of keys is enough');
  });
  test('is not published', async () => {
    sandbox.change({ imds: { tagsEnabled: false } });
    assert.deepEqual(await readInstanceTag(client(), group), { kind: 'not-enabled' });
  });
  test('is unknown when the list cannot be read, and when its value cannot', async () => {
    for (const operation of ['GET meta-data/tags/instance', 'GET meta-data/tags/instance/']) {
      sandbox.setFault('imds', { kind: 'status', status: 503, operation });
      assert.equal((await readInstanceTag(client(), group)).kind, 'unknown', operation);
    }
  });
});

describe('not knowing', () => {
  const cases: readonly [what: string, fault: Fault, cause: ImdsFailure][] = [
    ['a failure of the token', { kind: 'status', status: 500, operation: 'PUT' }, 'failed'],
    ['metadata turned off for the instance', { kind: 'status', status: 403, operation: 'PUT' }, 'refused'],
    ['a service without tokens', { kind: 'status', status: 404, operation: 'PUT' }, 'failed'],
    ['a failure of the read', { kind: 'status', status: 500, operation: 'GET' }, 'failed'],
    ['a refused read', { kind: 'status', status: 401, operation: 'GET' }, 'refused'],
    ['a redirect', { kind: 'status', status: 302, operation: 'GET' }, 'failed'],
    ['silence to the token', { kind: 'hang', operation: 'PUT' }, 'timeout'],
    ['silence to the read', { kind: 'hang', operation: 'GET' }, 'timeout'],
    ['a body that stops', { kind: 'hang-in-body', operation: 'GET' }, 'timeout'],
    ['a reset', { kind: 'reset' }, 'unreachable'],
    ['something else than JSON', { kind: 'body', body: '<html>', operation: 'GET' }, 'malformed'],
    ['JSON without the members', { kind: 'body', body: '{"region":"x"}', operation: 'GET' }, 'malformed'],
    ['an over-long answer', { kind: 'body', body: 'x'.repeat(70_000), operation: 'GET' }, 'malformed'],
  ];
  for (const [what, fault, cause] of cases) {
    test(`${what} is ${cause}`, async () => {
      sandbox.setFault('imds', fault);
      const answer = await readInstanceIdentity(client({ readTimeoutMs: 250 }));
      assert.ok(answer.kind === 'unknown', answer.kind);
      assert.equal(answer.cause, cause, answer.reason);
    });
  }

  test('nobody listening is unreachable', async () => {
    const { imdsUrl } = sandbox;
    await sandbox.close();
    const answer = await client({ env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imdsUrl } }).read(
      'meta-data/instance-id',
    );
    assert.equal(answer.kind === 'unknown' && answer.cause, 'unreachable');
  });

  test('a caller that gives up gets unknown, not an exception', async () => {
    const answer = await client().read('meta-data/instance-id', AbortSignal.abort());
    assert.equal(answer.kind === 'unknown' && answer.cause, 'aborted');
  });

  test('AWS_EC2_METADATA_DISABLED asks nobody', async () => {
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: sandbox.imdsUrl, AWS_EC2_METADATA_DISABLED: 'True' };
    const answer = await client({ env }).read('meta-data/instance-id');
    assert.equal(answer.kind === 'unknown' && answer.cause, 'disabled');
    assert.equal(sandbox.requests().total.imds, 0);
  });

  test('one deadline covers token and read together', async () => {
    sandbox.setFault('imds', { kind: 'latency', latencyMs: 150 });
    const answer = await client({ readTimeoutMs: 250 }).read('meta-data/instance-id');
    assert.equal(answer.kind === 'unknown' && answer.cause, 'timeout');
  });
});

describe('the session token', () => {
  const tokensAsked = (): number => sandbox.requests().operations['imds PUT api/token'] ?? 0;

  test('is asked for once while it lasts, and again before it ends', async () => {
    let nowMs = 0;
    const imds = client({ monotonicMs: () => nowMs, tokenTtlSeconds: 100 });
    for (const atMs of [0, 50_000, 89_000]) {
      nowMs = atMs;
      assert.equal((await imds.read('meta-data/instance-id')).kind, 'value');
    }
    assert.equal(tokensAsked(), 1);
    nowMs = 91_000;
    assert.equal((await imds.read('meta-data/instance-id')).kind, 'value');
    assert.equal(tokensAsked(), 2);
  });

  test('lasts as long as the service says', async () => {
    sandbox.change({ imds: { maxTokenTtlSeconds: 10 } });
    let nowMs = 0;
    const imds = client({ monotonicMs: () => nowMs });
    await imds.read('meta-data/instance-id');
    nowMs = 9_500;
    await imds.read('meta-data/instance-id');
    assert.equal(tokensAsked(), 2);
  });

  test('is asked for again when the service does not know it any more', async () => {
    const imds = client();
    await imds.read('meta-data/instance-id');
    sandbox.setFault('imds', { kind: 'status', status: 401, operation: 'GET', times: 1 });
    assert.equal((await imds.read('meta-data/instance-id')).kind, 'value');
    assert.equal(tokensAsked(), 2);
  });

  const paths = ['meta-data/instance-id', 'meta-data/placement/region', 'meta-data/services/domain'];
  const readAll = async (imds: Imds): Promise<string[]> =>
    (await Promise.all(paths.map((path) => imds.read(path)))).map(({ kind }) => kind);

  test('is asked for once by reads at the same time, and once again when it has died', async () => {
    const imds = client();
    assert.deepEqual(await readAll(imds), ['value', 'value', 'value']);
    assert.equal(tokensAsked(), 1);
    sandbox.setFault('imds', { kind: 'status', status: 401, operation: 'GET', times: 3 });
    assert.deepEqual(await readAll(imds), ['value', 'value', 'value']);
    assert.equal(tokensAsked(), 2);
  });

  test('that took the place of a dead one is not given up for a late refusal of the dead one', async () => {
    const imds = client();
    await imds.read('meta-data/instance-id');
    const refused = { kind: 'status', status: 401, times: 1 } as const;
    sandbox.setFault('imds', { ...refused, latencyMs: 200, operation: 'GET meta-data/placement/region' });
    const late = imds.read('meta-data/placement/region');
    while (sandbox.faults().imds !== undefined) await new Promise(setImmediate);
    sandbox.setFault('imds', { ...refused, operation: 'GET meta-data/instance-id' });
    assert.equal((await imds.read('meta-data/instance-id')).kind, 'value');
    assert.equal((await late).kind, 'value');
    assert.equal(tokensAsked(), 2);
  });

  test('that cannot be had is asked for again by the next read', async () => {
    const imds = client();
    sandbox.setFault('imds', { kind: 'status', status: 503, operation: 'PUT', times: 1 });
    assert.deepEqual(await readAll(imds), ['unknown', 'unknown', 'unknown']);
    assert.deepEqual(await readAll(imds), ['value', 'value', 'value']);
    assert.equal(tokensAsked(), 2);
  });

  test('still comes for the others when the read that began the request is given up', async () => {
    const imds = client();
    const hurried = new AbortController();
    sandbox.setFault('imds', { kind: 'latency', latencyMs: 100, operation: 'PUT', times: 1 });
    const first = imds.read('meta-data/instance-id', hurried.signal);
    const second = imds.read('meta-data/instance-id');
    hurried.abort();
    assert.deepEqual([(await first).kind, (await second).kind], ['unknown', 'value']);
    assert.equal(tokensAsked(), 1);
  });
});

describe('where the service is', () => {
  test('never behind a proxy', async () => {
    let proxied = 0;
    const proxy = createServer((_, response) => {
      proxied++;
      response.end('proxied');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const env = {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: sandbox.imdsUrl,
      HTTP_PROXY: proxyUrl,
      http_proxy: proxyUrl,
    };
    const answer = await client({ env }).read('meta-data/instance-id');
    proxy.close();
    assert.deepEqual([answer.kind, proxied], ['value', 0]);
  });

  test('an endpoint without a scheme is taken', async () => {
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: sandbox.imdsUrl.replace('http://', '') };
    assert.equal((await client({ env }).read('meta-data/instance-id')).kind, 'value');
  });

  test('an endpoint that is no URL is an error that names the variable', () => {
    assert.throws(() => client({ env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'ftp://x' } }), {
      variable: 'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    });
  });
});

describe('over IPv6', () => {
  let six: SandboxHandle;
  before(async () => {
    six = await startSandbox({ host: '::1' });
  });
  after(() => six.close());
  test('an IPv6 endpoint is reached', async () => {
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: six.imdsUrl };
    assert.equal((await client({ env }).read('meta-data/instance-id')).kind, 'value');
  });
});
