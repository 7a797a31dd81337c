// Profiles of the standard chain that ask services of AWS for credentials, against such services on loopback.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { lookUpConfigured } from '../../../src/aws/configured-credentials.ts';
import { standardChain } from '../../../src/aws/credentials.ts';

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const original = { ...process.env };
let directory: string;
let requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
let answers: Record<string, string>;
let close: () => Promise<void>;

beforeEach(async () => {
  requests = [];
  answers = {};
  const server = createServer((request, response) => {
    request.resume();
    requests.push({ url: request.url ?? '', headers: request.headers });
    const path = new URL(request.url ?? '', 'http://x').pathname;
    response.writeHead(path in answers ? 200 : 404).end(answers[path]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  directory = mkdtempSync(join(tmpdir(), 'chain-'));
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    HOME: directory,
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (!(name in original)) delete process.env[name];
  Object.assign(process.env, original);
  rmSync(directory, { recursive: true });
  await close();
});

const configure = (text: string) => writeFileSync(join(directory, 'config'), text);
const lookUp = (profile?: string) => standardChain(process.env, { lookUpConfigured, profile })();

function keepSsoToken(expiresAt: string): void {
  const cache = join(directory, '.aws', 'sso', 'cache');
  mkdirSync(cache, { recursive: true });
  const name = createHash('sha1').update('ours').digest('hex');
  writeFileSync(join(cache, `${name}.json`), JSON.stringify({ accessToken: 'sso-token', expiresAt }));
}

const ssoConfig = `[profile ops]
sso_session = ours
sso_account_id = 111122223333
sso_role_name = Operators
[sso-session ours]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-3
`;

describe('a profile asked for by name', () => {
  test('goes before the keys of the environment and before AWS_PROFILE', async () => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'AKIAENV',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_PROFILE: 'other',
    });
    configure('[profile mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = s\n');
    assert.deepEqual(await lookUp('mine'), { accessKeyId: 'AKIAMINE', secretAccessKey: 's' });
  });

  test('must exist', async () => {
    configure('[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n');
    await assert.rejects(lookUp('mine'), {
      code: 'none',
      message: `profile mine: neither in ${join(directory, 'config')} nor in ${join(directory, 'credentials')}`,
    });
  });

  test('may have its credentials from a process', async () => {
    const printed = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAPROCESS', SecretAccessKey: 's' });
    writeFileSync(join(directory, 'printed.json'), printed);
    configure(`[profile mine]\ncredential_process = cat ${join(directory, 'printed.json')}\n`);
    assert.equal((await lookUp('mine')).accessKeyId, 'AKIAPROCESS');
  });

  test('may have them from SSO, which AWS_ENDPOINT_URL leads to', async () => {
    configure(ssoConfig);
    keepSsoToken(inAnHour());
    const expiration = Date.now() + 3_600_000;
    answers['/federation/credentials'] = JSON.stringify({
      roleCredentials: { accessKeyId: 'ASIASSO', secretAccessKey: 's', sessionToken: 't', expiration },
    });
    assert.deepEqual(await lookUp('ops'), {
      accessKeyId: 'ASIASSO',
      secretAccessKey: 's',
      sessionToken: 't',
      expiresAtMs: expiration,
    });
    assert.deepEqual(
      requests.map(({ url, headers }) => [url, headers['x-amz-sso_bearer_token']]),
      [['/federation/credentials?account_id=111122223333&role_name=Operators', 'sso-token']],
    );
  });

  test('of a session of SSO that has ended says how to renew it', async () => {
    configure(ssoConfig);
    keepSsoToken(new Date(Date.now() - 1_000).toISOString());
    await assert.rejects(lookUp('ops'), { code: 'unavailable', message: /^profile ops: .*aws sso login/ });
  });

  test('may have them from a role of another profile, which STS gives', async () => {
    configure(
      '[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\nregion = eu-west-3\n' +
        '[profile ops]\nsource_profile = base\nrole_arn = arn:aws:iam::111122223333:role/Operators\nregion = eu-west-3\n',
    );
    const credentials = `<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${inAnHour()}</Expiration>`;
    answers['/'] =
      `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${credentials}</Credentials><AssumedRoleUser><Arn>a</Arn><AssumedRoleId>i</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`;
    assert.equal((await lookUp('ops')).accessKeyId, 'ASIAROLE');
    assert.match(String(requests[0]?.headers.authorization), /Credential=AKIABASE\/\d{8}\/eu-west-3\/sts\//);
  });
});

test('the keys of the environment come with their token and their end', async () => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'ASIAENV',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_SESSION_TOKEN: 't',
    AWS_CREDENTIAL_EXPIRATION: '2030-01-31T12:00:00Z',
  });
  assert.deepEqual(await lookUp(), {
    accessKeyId: 'ASIAENV',
    secretAccessKey: 's',
    sessionToken: 't',
    expiresAtMs: Date.UTC(2030, 0, 31, 12),
  });
});

test('STS is asked through the proxy that the environment names', async () => {
  const proxied: string[] = [];
  const proxy = createServer((request, response) => {
    request.resume();
    proxied.push(request.url ?? '');
    response.writeHead(502).end();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  configure(
    '[default]\naws_access_key_id = A\naws_secret_access_key = s\nregion = eu-west-3\n' +
      '[profile ops]\nsource_profile = default\nrole_arn = arn:aws:iam::1:role/R\nregion = eu-west-3\n',
  );
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: 'http://sts.example/',
    HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    AWS_MAX_ATTEMPTS: '1',
  });
  try {
    await assert.rejects(lookUp('ops'), { code: 'unavailable' });
    assert.deepEqual(proxied, ['http://sts.example/']);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});
