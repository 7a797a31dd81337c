// The shared files and the region: which place goes before which.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { EnvironmentError } from '../../../src/aws/http-agents.ts';
import { readProfile, sharedFiles } from '../../../src/aws/profile.ts';
import { findRegion } from '../../../src/aws/region.ts';
import { type SandboxHandle, startSandbox } from '../../../src/sandbox/sandbox.ts';

let directory: string;
let files: { AWS_CONFIG_FILE: string; AWS_SHARED_CREDENTIALS_FILE: string };
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'profile-'));
  files = {
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
  };
  writeFileSync(
    files.AWS_CONFIG_FILE,
    '[default]\nregion = eu-north-1\n[profile both]\nregion = ap-south-1\n[sso-session ours]\nsso_region = us-east-1\n',
  );
  writeFileSync(
    files.AWS_SHARED_CREDENTIALS_FILE,
    '[both]\nregion = sa-east-1\naws_access_key_id = AKID\n[keys]\naws_access_key_id = AKID2\n',
  );
});
after(() => rmSync(directory, { recursive: true }));

describe('a profile', () => {
  test('by its name, the config file before the credentials file', async () => {
    const settings = await readProfile(files, 'both');
    assert.deepEqual([settings?.region, settings?.aws_access_key_id], ['ap-south-1', 'AKID']);
  });
  test('in the credentials file only', async () => {
    assert.equal((await readProfile(files, 'keys'))?.aws_access_key_id, 'AKID2');
  });
  test('of the environment, else the default one', async () => {
    assert.equal((await readProfile({ ...files, AWS_PROFILE: 'both' }))?.region, 'ap-south-1');
    assert.equal((await readProfile(files))?.region, 'eu-north-1');
  });
  for (const name of ['missing', 'ours', '__proto__', 'constructor']) {
    test(`that does not exist: ${name}`, async () => assert.equal(await readProfile(files, name), undefined));
  }
  test('without any file', async () => {
    assert.equal(await readProfile({ HOME: join(directory, 'nowhere') }), undefined);
  });
});

test('the files are in the home directory unless told', () => {
  assert.deepEqual(sharedFiles({}), {
    configFile: join(homedir(), '.aws', 'config'),
    credentialsFile: join(homedir(), '.aws', 'credentials'),
  });
  assert.equal(sharedFiles({ HOME: '/h' }).configFile, '/h/.aws/config');
});

describe('the region', () => {
  let sandbox: SandboxHandle;
  beforeEach(async () => {
    sandbox = await startSandbox({ state: { instance: { region: 'us-west-2' } } });
  });
  afterEach(() => sandbox.close());

  const nowhere = { HOME: '/nonexistent' };
  const places: readonly [
    what: string,
    env: () => Record<string, string>,
    profile: string | undefined,
    string,
  ][] = [
    [
      'AWS_REGION',
      () => ({ ...files, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }),
      'both',
      'eu-west-1',
    ],
    [
      'AWS_DEFAULT_REGION',
      () => ({ ...files, AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2' }),
      'both',
      'eu-west-2',
    ],
    ['the profile asked for', () => ({ ...files, AWS_PROFILE: 'default' }), 'both', 'ap-south-1'],
    ['AWS_PROFILE', () => ({ ...files, AWS_PROFILE: 'both' }), undefined, 'ap-south-1'],
    ['the default profile', () => files, undefined, 'eu-north-1'],
    [
      'the instance, where the profile has none',
      () => ({ ...files, ...sandbox.environment() }),
      'keys',
      'us-west-2',
    ],
    ['the instance', () => ({ ...nowhere, ...sandbox.environment() }), undefined, 'us-west-2'],
  ];
  for (const [what, env, profile, expected] of places) {
    test(`of ${what}`, async () => assert.equal(await findRegion({ env: env(), profile }), expected));
  }

  test('is unknown where the metadata service is turned off', async () => {
    assert.equal(await findRegion({ env: { ...nowhere, AWS_EC2_METADATA_DISABLED: 'true' } }), undefined);
  });
  test('is unknown where the metadata service is silent, and that is found out soon', async () => {
    sandbox.setFault('imds', { kind: 'hang' });
    const startedMs = performance.now();
    const env = { ...nowhere, ...sandbox.environment() };
    assert.equal(await findRegion({ env, imdsTimeoutMs: 100 }), undefined);
    assert.ok(performance.now() - startedMs < 2_000);
  });
  test('is unknown where the metadata service answers nonsense', async () => {
    sandbox.setFault('imds', { kind: 'body', body: '<html>', operation: 'GET meta-data/placement/region' });
    assert.equal(await findRegion({ env: { ...nowhere, ...sandbox.environment() } }), undefined);
  });
  test('is not looked for at what is no URL', async () => {
    const env = { ...nowhere, AWS_EC2_METADATA_SERVICE_ENDPOINT: 'ftp://x' };
    await assert.rejects(findRegion({ env }), EnvironmentError);
  });
});
