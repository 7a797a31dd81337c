// The wiring of a discovered context: the disk's copy waits for a network that comes up late.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCredentialSource, CredentialsError } from '../../../../src/aws/credentials.ts';
import { type ImdsAnswer, unknown } from '../../../../src/aws/imds.ts';
import { createSignedHttp } from '../../../../src/aws/signed-http.ts';
import { createContextSource } from '../../../../src/commands/watcher/context-source.ts';
import type { SourceParts } from '../../../../src/commands/watcher/settings.ts';
import { resolveConfig } from '../../../../src/watcher/config/resolve.ts';
import type { InstanceContext } from '../../../../src/watcher/context/instance-context.ts';

/** A configuration file without an option: the host's own is not to be read. */
const NO_OPTIONS = join(import.meta.dirname, '../../../fixtures/no-options.json');
const CONTEXT: InstanceContext = { instanceId: 'i-1', region: 'eu-west-1', group: 'g', discovery: { a: 1 } };
const DOCUMENT = { instanceId: 'i-1', region: 'eu-west-1', accountId: '1', availabilityZone: 'eu-west-1a' };
const UNREACHABLE = unknown('unreachable', 'connect ENETUNREACH');

/** A source in a new boot, with what the metadata service says to the identity read; nothing else works. */
function source(identity: () => ImdsAnswer<string>, failures: string[] = []) {
  const none = async (): Promise<never> => {
    throw new CredentialsError('unavailable', `no${'o'.repeat(1_000)}\nne`);
  };
  const credentials = createCredentialSource({ lookup: none });
  const parts: SourceParts = {
    env: {},
    imds: {
      read: async (path) => (path.startsWith('dynamic/') ? identity() : UNREACHABLE),
      close: () => undefined,
    },
    credentials,
    http: createSignedHttp({ env: {}, credentials, userAgent: 'test/1' }),
    invokeDiscovery: async () => assert.fail('there is nothing to sign it with'),
    bootId: 'boot-2',
    readCache: () => ({ bootId: 'boot-1', context: CONTEXT }),
    writeCache: () => assert.fail('nothing was learned'),
    refreshFailed: (message) => failures.push(message),
    refreshed: () => {},
    monotonicMs: () => performance.now(),
  };
  const { config } = resolveConfig({ given: new Map(), env: { CS_CONFIG: NO_OPTIONS }, cwd: '/' });
  return createContextSource(config, parts);
}

test('the copy of an earlier boot is used as soon as it is known whose it is, and kept when nothing else works', async () => {
  const failures: string[] = [];
  let isUp = false;
  const context = source(
    () => (isUp ? { kind: 'value', value: JSON.stringify(DOCUMENT) } : UNREACHABLE),
    failures,
  );
  const { signal } = new AbortController();
  assert.equal((await context.current(signal)).kind, 'unknown');
  isUp = true;
  assert.deepEqual(await context.current(signal), { kind: 'ready', context: CONTEXT });
  await new Promise(setImmediate);
  assert.deepEqual(await context.current(signal), { kind: 'ready', context: CONTEXT });
  assert.equal(failures.length, 1);
  assert.ok(failures[0]!.length <= 500 && !failures[0]!.includes('\n'), 'one bounded line');
});

test('the copy of another instance is never used', async () => {
  const identity = { kind: 'value', value: JSON.stringify({ ...DOCUMENT, instanceId: 'i-2' }) } as const;
  const resolution = await source(() => identity).current(new AbortController().signal);
  assert.ok(resolution.kind === 'unknown', resolution.kind);
  assert.ok(resolution.message.length <= 500 && !resolution.message.includes('\n'), 'one bounded line');
});
