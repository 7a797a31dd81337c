import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, setGlobalProxyFromEnv } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { lookUpConfigured } from '../../../src/aws/configured-credentials.ts';
import {
  type CredentialLookup,
  type Credentials,
  CredentialsError,
  createCredentialSource,
  standardChain,
} from '../../../src/aws/credentials.ts';
import { DeadlineExceeded } from '../../../src/aws/deadline.ts';
import { type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';

const limits = { timeoutMs: 1_000 };
const minute = 60_000;

describe('the cache', () => {
  let nowMs = 0;
  let lookups = 0;
  let outcomes: (() => Promise<Credentials>)[] = [];
  const lookup: CredentialLookup = () => {
    lookups++;
    return (outcomes.shift() ?? (() => assert.fail('one lookup too many')))();
  };
  const found = (accessKeyId: string, expiresAtMs?: number) => async (): Promise<Credentials> => ({
    accessKeyId,
    secretAccessKey: 's',
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  });
  const failed = async (): Promise<Credentials> => {
    throw new CredentialsError('unavailable', 'silent');
  };
  const source = () => createCredentialSource({ lookup, now: () => nowMs });

  beforeEach(() => {
    nowMs = 0;
    lookups = 0;
    outcomes = [];
  });

  test('credentials without an end are looked up once', async () => {
    outcomes = [found('A')];
    const credentials = source();
    for (nowMs of [0, 1e12]) assert.equal((await credentials.get(limits)).accessKeyId, 'A');
    assert.equal(lookups, 1);
  });

  test('everybody who asks meanwhile waits for the one lookup', async () => {
    outcomes = [found('A')];
    const credentials = source();
    const all = await Promise.all([
      credentials.get(limits),
      credentials.get(limits),
      credentials.get(limits),
    ]);
    assert.deepEqual([all.map(({ accessKeyId }) => accessKeyId), lookups], [['A', 'A', 'A'], 1]);
  });

  test('they are refreshed ahead of their end, and nobody waits for that', async () => {
    const { promise, resolve } = Promise.withResolvers<Credentials>();
    outcomes = [found('A', 60 * minute), () => promise];
    const credentials = source();
    await credentials.get(limits);
    nowMs = 54 * minute;
    await credentials.get(limits);
    assert.equal(lookups, 1);
    nowMs = 56 * minute;
    assert.equal((await credentials.get(limits)).accessKeyId, 'A');
    assert.equal(lookups, 2);
    resolve({ accessKeyId: 'B', secretAccessKey: 's' });
    await promise;
    await new Promise(setImmediate);
    assert.equal((await credentials.get(limits)).accessKeyId, 'B');
  });

  test('a failed refresh keeps the good ones, is not repeated at once, and fails when they have ended', async () => {
    outcomes = [found('A', 60 * minute), failed, failed, failed];
    const credentials = source();
    await credentials.get(limits);
    nowMs = 56 * minute;
    assert.equal((await credentials.get(limits)).accessKeyId, 'A');
    await new Promise(setImmediate);
    nowMs += 9_000;
    assert.equal((await credentials.get(limits)).accessKeyId, 'A');
    assert.equal(lookups, 2);
    nowMs += 2_000;
    assert.equal((await credentials.get(limits)).accessKeyId, 'A');
    assert.equal(lookups, 3);
    await new Promise(setImmediate);
    nowMs = 60 * minute;
    await assert.rejects(credentials.get(limits), { code: 'unavailable' });
  });

  test('refused ones are not served again, others stay', async () => {
    outcomes = [found('A'), found('B')];
    const credentials = source();
    const first = await credentials.get(limits);
    credentials.invalidate(first);
    assert.equal((await credentials.get(limits)).accessKeyId, 'B');
    credentials.invalidate(first);
    assert.equal((await credentials.get(limits)).accessKeyId, 'B');
    assert.equal(lookups, 2);
  });

  test('what is found is served even when this host’s clock says it has ended', async () => {
    nowMs = 100 * minute;
    outcomes = [found('A', 60 * minute), found('B', 60 * minute)];
    const credentials = source();
    assert.equal((await credentials.get(limits)).accessKeyId, 'A');
    assert.equal((await credentials.get(limits)).accessKeyId, 'B');
  });

  test('a caller that cannot wait leaves the lookup to the next one', async () => {
    const { promise, resolve } = Promise.withResolvers<Credentials>();
    outcomes = [() => promise];
    const credentials = source();
    await assert.rejects(credentials.get({ timeoutMs: 20 }), DeadlineExceeded);
    const next = credentials.get(limits);
    resolve({ accessKeyId: 'A', secretAccessKey: 's' });
    assert.deepEqual([(await next).accessKeyId, lookups], ['A', 1]);
  });

  test('after forgetting, neither those held nor those being looked up are served', async () => {
    const { promise, resolve } = Promise.withResolvers<Credentials>();
    outcomes = [found('A'), () => promise, found('C')];
    const credentials = source();
    await credentials.get(limits);
    credentials.forget();
    const asleep = credentials.get(limits);
    credentials.forget();
    assert.equal((await credentials.get(limits)).accessKeyId, 'C');
    resolve({ accessKeyId: 'B', secretAccessKey: 's' });
    assert.equal((await asleep).accessKeyId, 'B');
    assert.equal((await credentials.get(limits)).accessKeyId, 'C');
  });

  const none = async (): Promise<Credentials> => {
    throw new CredentialsError('none', 'no role');
  };

  test('a definite absence is looked into again after 300 s, or as told', async () => {
    for (const [recheckNoneAfterMs, recheckMs] of [
      [{}, 5 * minute],
      [{ recheckNoneAfterMs: 20 * minute }, 20 * minute],
    ] as const) {
      outcomes = [none, none, found('A')];
      nowMs = 0;
      lookups = 0;
      const credentials = createCredentialSource({ lookup, now: () => nowMs, ...recheckNoneAfterMs });
      for (nowMs of [0, 10_000, recheckMs - 1]) {
        await assert.rejects(credentials.get(limits), { code: 'none', message: 'no role' });
      }
      assert.equal(lookups, 1);
      nowMs = recheckMs;
      await assert.rejects(credentials.get(limits), { code: 'none' });
      nowMs = 2 * recheckMs;
      assert.equal((await credentials.get(limits)).accessKeyId, 'A');
      assert.equal(lookups, 3);
    }
  });

  test('an absence is forgotten on request, and where the wall clock was set back by more', async () => {
    const ways: ((credentials: ReturnType<typeof source>) => void)[] = [
      (credentials) => credentials.forget(),
      (credentials) => credentials.invalidate({ accessKeyId: 'X', secretAccessKey: 's' }),
      () => {
        nowMs = -5 * minute;
      },
    ];
    for (const way of ways) {
      nowMs = 0;
      outcomes = [none, found('A')];
      const credentials = source();
      await assert.rejects(credentials.get(limits), { code: 'none' });
      way(credentials);
      assert.equal((await credentials.get(limits)).accessKeyId, 'A');
    }
  });

  test('silence is no absence: it is asked for again at once', async () => {
    outcomes = [failed, found('A')];
    const credentials = source();
    await assert.rejects(credentials.get(limits), { code: 'unavailable' });
    assert.equal((await credentials.get(limits)).accessKeyId, 'A');
  });

  test('an absence found while the old ones are good hides neither them nor what is found next', async () => {
    outcomes = [found('A', 60 * minute), none, found('B', 60.5 * minute), found('C')];
    const credentials = source();
    await credentials.get(limits);
    for (nowMs of [56 * minute, 57 * minute]) {
      assert.equal((await credentials.get(limits)).accessKeyId, 'A');
      await new Promise(setImmediate);
    }
    nowMs = 60.7 * minute;
    assert.equal(
      (await credentials.get(limits)).accessKeyId,
      'C',
      'B has ended, the absence was over before',
    );
    assert.equal(lookups, 4);
  });

  test('a lookup that hangs is given up, and the next caller starts another', async () => {
    outcomes = [() => new Promise(() => undefined), found('A')];
    const credentials = createCredentialSource({ lookup, now: () => nowMs, lookupTimeoutMs: 30 });
    await assert.rejects(credentials.get(limits), { code: 'unavailable', message: /within 30 ms/ });
    assert.equal((await credentials.get(limits)).accessKeyId, 'A');
  });
});

describe('the standard chain', () => {
  const original = { ...process.env };
  let sandbox: SandboxHandle;
  let directory: string;

  beforeEach(async () => {
    sandbox = await startSandbox();
    directory = mkdtempSync(join(tmpdir(), 'credentials-'));
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, {
      HOME: directory,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: sandbox.imdsUrl,
      AWS_CONFIG_FILE: join(directory, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    });
  });
  afterEach(async () => {
    for (const name of Object.keys(process.env)) if (!(name in original)) delete process.env[name];
    Object.assign(process.env, original);
    rmSync(directory, { recursive: true });
    await sandbox.close();
  });
  const lookUp = () => standardChain(process.env, { lookUpConfigured })();

  test('the instance’s role', async () => {
    const found = await lookUp();
    const issued = sandbox.lookup(found.accessKeyId);
    assert.deepEqual(found, {
      accessKeyId: issued?.accessKeyId,
      secretAccessKey: issued?.secretAccessKey,
      sessionToken: issued?.sessionToken,
      expiresAtMs: Math.floor((issued?.expiresAtMs ?? 0) / 1000) * 1000,
    });
  });

  test('the environment goes before it', async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's' });
    assert.deepEqual(await lookUp(), { accessKeyId: 'AKIAENV', secretAccessKey: 's' });
    assert.equal(sandbox.requests().total.imds, 0);
  });

  test('a profile, read again when its file has changed', async () => {
    process.env.AWS_PROFILE = 'mine';
    for (const id of ['AKIAONE', 'AKIATWO']) {
      writeFileSync(
        join(directory, 'credentials'),
        `[mine]\naws_access_key_id = ${id}\naws_secret_access_key = s\n`,
      );
      assert.equal((await lookUp()).accessKeyId, id);
    }
  });

  test('nothing is printed when profile and keys are both given', async (t) => {
    const printed = ['log', 'info', 'warn', 'error', 'debug'].map((name) =>
      t.mock.method(console, name as 'warn', () => undefined),
    );
    Object.assign(process.env, {
      AWS_PROFILE: 'mine',
      AWS_ACCESS_KEY_ID: 'AKIAENV',
      AWS_SECRET_ACCESS_KEY: 's',
    });
    writeFileSync(
      join(directory, 'credentials'),
      '[mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = s\n',
    );
    assert.equal((await lookUp()).accessKeyId, 'AKIAMINE');
    assert.deepEqual(
      printed.map((method) => method.mock.callCount()),
      [0, 0, 0, 0, 0],
    );
  });

  for (const [given, missing] of [
    ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    ['AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID'],
  ] as const) {
    test(`${given} alone is passed over, and named when nothing else is there`, async () => {
      process.env[given] = 'x';
      assert.ok(sandbox.lookup((await lookUp()).accessKeyId));
      sandbox.change({ instance: { roleName: '' } });
      await assert.rejects(lookUp(), {
        name: 'CredentialsError',
        message: `${given} is set, but ${missing} is not`,
      });
    });
  }

  test('an instance without a role has definitely none, and says so fast', async () => {
    sandbox.change({ instance: { roleName: '' } });
    const startedMs = performance.now();
    await assert.rejects(lookUp(), {
      name: 'CredentialsError',
      code: 'none',
      isUnconfigured: true,
      message: /no IAM role/,
    });
    assert.ok(performance.now() - startedMs < 1_500);
  });

  test('a file with nothing but a region sets up no other source', async () => {
    writeFileSync(join(directory, 'config'), '[default]\nregion = eu-west-1\n');
    assert.ok(sandbox.lookup((await lookUp()).accessKeyId));
    sandbox.change({ instance: { roleName: '' } });
    await assert.rejects(lookUp(), { code: 'none' });
  });

  const refusals: readonly [what: string, body: string, message: RegExp][] = [
    [
      'a role that EC2 may not assume',
      '{"Code":"AssumeRoleUnauthorizedAccess"}',
      /gives AssumeRoleUnauthorizedAccess/,
    ],
    ['no JSON', '<html>', /gives no credentials/],
    ['no object', 'null', /gives no credentials/],
    ['no end', '{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"s","Token":"t"}', /gives Success/],
  ];
  for (const [what, body, message] of refusals) {
    test(`${what} is no absence`, async () => {
      sandbox.setFault('imds', { kind: 'body', body, operation: 'GET meta-data/iam/security-credentials/w' });
      await assert.rejects(lookUp(), { code: 'unavailable', message });
    });
  }

  test('the role is never asked for through a proxy, even when all of Node is', async () => {
    const proxied: unknown[] = [];
    const proxy = createServer((request, response) => {
      proxied.push(request.url);
      response.end();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const restore = setGlobalProxyFromEnv({ HTTP_PROXY: address, http_proxy: address });
    try {
      assert.ok(sandbox.lookup((await lookUp()).accessKeyId));
      assert.deepEqual(proxied, []);
    } finally {
      restore();
      proxy.close();
    }
  });

  test('metadata turned off by the environment is none', async () => {
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
    await assert.rejects(lookUp(), { code: 'none', message: /AWS_EC2_METADATA_DISABLED/ });
  });

  test('a metadata service that fails tells nothing', async () => {
    sandbox.setFault('imds', { kind: 'status', status: 503 });
    await assert.rejects(lookUp(), { code: 'unavailable' });
  });

  test('a role whose credentials cannot be read is no absence', async () => {
    sandbox.setFault('imds', {
      kind: 'status',
      status: 500,
      operation: 'GET meta-data/iam/security-credentials/w',
    });
    await assert.rejects(lookUp(), { code: 'unavailable', message: /watched-instance/ });
  });

  test('a profile that does not exist is no absence', async () => {
    process.env.AWS_PROFILE = 'missing';
    sandbox.change({ instance: { roleName: '' } });
    await assert.rejects(lookUp(), { code: 'unavailable', message: /^AWS_PROFILE: / });
  });

  test('a process in the default profile that fails is no absence', async () => {
    writeFileSync(join(directory, 'config'), '[default]\ncredential_process = false\n');
    sandbox.change({ instance: { roleName: '' } });
    await assert.rejects(lookUp(), { code: 'unavailable', message: /config: / });
  });

  test('a silent metadata service does not hold a caller beyond its deadline', async () => {
    sandbox.setFault('imds', { kind: 'hang' });
    const source = createCredentialSource({ lookup: standardChain(process.env, { lookUpConfigured }) });
    const startedMs = performance.now();
    await assert.rejects(source.get({ timeoutMs: 200 }), DeadlineExceeded);
    assert.ok(performance.now() - startedMs < 1_500);
  });
});
