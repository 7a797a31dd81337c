// The SDK in a thread of its own: the same answers and errors as in this one, nothing left when it has answered or was given up.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { DiscoveryQuery } from '../../../src/aws/discovery-lambda.ts';
import { invokeDiscoveryInThread, lookUpConfiguredInThread } from '../../../src/aws/sdk-thread.ts';
import { type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';

let sandbox: SandboxHandle;
beforeEach(async () => {
  sandbox = await startSandbox({ state: { discovery: { apiUrl: 'https://api.example/v1/' } } });
});
afterEach(() => sandbox.close());

function query(changes: Partial<DiscoveryQuery> = {}): DiscoveryQuery {
  const { partition, region, accountId } = sandbox.state().instance;
  const credentials = sandbox.issueKey();
  const env = sandbox.environment();
  return { groupName: 'demo', partition, region, accountId, credentials, env, timeoutMs: 10_000, ...changes };
}

/** Of this process. A thread that was ended is gone when its end was waited for. */
function threads(): number {
  return Number(/^Threads:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

describe('discovery', () => {
  test('is answered, and the thread is gone', async () => {
    await invokeDiscoveryInThread(query());
    const before = threads();
    const answer = await invokeDiscoveryInThread(query());
    assert.ok(answer.kind === 'found');
    assert.equal(answer.discovery.InteractAPIGWUrl, 'https://api.example/v1/');
    assert.equal(threads(), before);
  });

  test('may be absent', async () => {
    assert.deepEqual(await invokeDiscoveryInThread(query({ groupName: 'other' })), { kind: 'absent' });
  });

  test('fails with what it fails with in this thread', async () => {
    sandbox.setFault('lambda', { kind: 'function-error' });
    await assert.rejects(invokeDiscoveryInThread(query()), { name: 'DiscoveryError', code: 'function' });
  });

  test('with a variable that cannot be used fails with that', async () => {
    const env = { ...sandbox.environment(), AWS_CA_BUNDLE: '/nowhere.pem' };
    await assert.rejects(invokeDiscoveryInThread(query({ env })), {
      name: 'EnvironmentError',
      variable: 'AWS_CA_BUNDLE',
      message: /^AWS_CA_BUNDLE: \/nowhere\.pem is not a readable PEM bundle/,
    });
  });

  test('given up while the service hangs, ends its thread', async () => {
    await invokeDiscoveryInThread(query());
    const before = threads();
    sandbox.setFault('lambda', { kind: 'hang' });
    const giving = new AbortController();
    const asked = invokeDiscoveryInThread(query(), giving.signal);
    while (sandbox.requests().total.lambda < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    giving.abort(new Error('enough'));
    await assert.rejects(asked, { message: 'enough' });
    assert.equal(threads(), before);
  });

  test('given up before, starts none', async () => {
    await assert.rejects(invokeDiscoveryInThread(query(), AbortSignal.abort(new Error('enough'))), {
      message: 'enough',
    });
    assert.equal(sandbox.requests().total.lambda, 0);
  });

  test('of which the thread dies fails, and says how', async () => {
    await assert.rejects(invokeDiscoveryInThread(query({ credentials: null as never })), {
      name: 'DiscoveryError',
      code: 'transport',
      message: /^Discovery function: the thread that asks for it has died \(TypeError/,
    });
  });
});

describe('credentials', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sdk-thread-'));
  });
  afterEach(() => {
    delete process.env.AWS_CONFIG_FILE;
    rmSync(directory, { recursive: true });
  });

  function configure(text: string) {
    const path = join(directory, 'config');
    writeFileSync(path, text);
    process.env.AWS_CONFIG_FILE = path;
    return { env: process.env, origin: 'profile mine', profile: 'mine' };
  }

  test('of a profile', async () => {
    const source = configure('[profile mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = s\n');
    assert.deepEqual(await lookUpConfiguredInThread(source), {
      accessKeyId: 'AKIAMINE',
      secretAccessKey: 's',
    });
  });

  test('of a process that fails say so', async () => {
    const source = configure('[profile mine]\ncredential_process = false\n');
    await assert.rejects(lookUpConfiguredInThread(source), {
      name: 'CredentialsError',
      code: 'unavailable',
      message: /^profile mine: /,
    });
  });
});
