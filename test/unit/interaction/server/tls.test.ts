// HTTPS: the certificate that a client is shown, while the files that it comes from are replaced.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { operationAnswer } from '../../../../src/interaction/server/gateway/gateway-answers.ts';
import { startInteractionServer } from '../../../../src/interaction/server/server.ts';
import { openTlsFiles } from '../../../../src/interaction/server/tls-files.ts';

type Name = 'first' | 'second';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.pem`, import.meta.url));
const authorities = ['first', 'second'].map((name) => readFileSync(fixture(`${name}.cert`)));

async function startWith(test: TestContext, certificate: Name, key: Name) {
  const directory = await mkdtemp(join(tmpdir(), 'cs-tls-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  const paths = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const put = async (part: 'cert' | 'key', name: Name) => {
    await copyFile(fixture(`${name}.${part}`), `${paths[part]}.new`);
    await chmod(`${paths[part]}.new`, 0o600);
    await rename(`${paths[part]}.new`, paths[part]);
  };
  await put('cert', certificate);
  await put('key', key);
  const warnings: string[] = [];
  const tls = openTlsFiles(paths.cert, paths.key, (line) => void warnings.push(line));
  const server = await startInteractionServer({
    ...{ host: '127.0.0.1', port: 0, tls },
    handlerFor: () => async () => operationAnswer(200, 'over TLS'),
    onFault: assert.ifError,
  });
  test.after(() => server.close());
  return { ...server, paths, put, warnings };
}

async function ask(origin: string): Promise<{ name: string; body: string }> {
  const request = get(origin, { ca: authorities, agent: new Agent({ keepAlive: false }) });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const certificate = (response.socket as TLSSocket).getPeerCertificate();
  return { name: String(certificate.subject.CN), body: await text(response) };
}

describe('HTTPS', () => {
  it('is spoken with the certificate given', async (test) => {
    const { origin, warnings } = await startWith(test, 'first', 'first');
    assert.match(origin, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(await ask(origin), { name: 'first', body: 'over TLS' });
    assert.deepEqual(warnings, []);
  });

  it('is not spoken in a version before 1.2', async (test) => {
    const { origin } = await startWith(test, 'first', 'first');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const socket = connect({
      port: Number(new URL(origin).port),
      host: '127.0.0.1',
      ca: authorities,
      ...old,
    });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.match(String(error.code), /^ERR_SSL_.*PROTOCOL_VERSION$/);
  });

  it('shows a renewed certificate to the next client, and keeps the old one while the new is broken', async (test) => {
    const { origin, put, paths, warnings } = await startWith(test, 'first', 'first');
    await put('cert', 'second');
    assert.equal((await ask(origin)).name, 'first', 'the key is still of the first');
    assert.equal((await ask(origin)).name, 'first');
    assert.equal(warnings.length, 1, warnings.join('\n'));
    assert.match(
      warnings[0]!,
      /cert\.pem and .*key\.pem cannot be used: .*; the certificate read before stays in use$/,
    );
    await put('key', 'second');
    assert.equal((await ask(origin)).name, 'second');
    await writeFile(paths.cert, 'half a');
    assert.equal((await ask(origin)).name, 'second');
    await rm(paths.key);
    assert.equal((await ask(origin)).name, 'second');
    assert.match(warnings[1]!, /cert\.pem: has no certificate in PEM form; the certificate read before/);
    assert.match(warnings[2] ?? '', /PEM form; the certificate read before/);
    await put('cert', 'first');
    await put('key', 'first');
    assert.equal((await ask(origin)).name, 'first');
    assert.equal(warnings.length, 3, warnings.join('\n'));
  });
});

describe('HTTPS with files that cannot be looked at', () => {
  it('goes on with those read before', async (test) => {
    const { origin, paths, warnings } = await startWith(test, 'first', 'first');
    await rm(paths.cert);
    await symlink(paths.cert, paths.cert);
    assert.equal((await ask(origin)).name, 'first');
    assert.match(warnings.join(), /cert\.pem: ELOOP.*; the certificate read before stays in use$/);
  });
});

describe('openTlsFiles', () => {
  const cases: [string, string, string, RegExp][] = [
    ['no file', '/nonexistent/cert.pem', fixture('first.key'), /^\/nonexistent\/cert\.pem: ENOENT/],
    [
      'a key for a certificate',
      fixture('first.key'),
      fixture('first.key'),
      /first\.key\.pem: has no certificate in/,
    ],
    [
      'a certificate for a key',
      fixture('first.cert'),
      fixture('first.cert'),
      /cert\.pem: has no private key in/,
    ],
    [
      'those of different pairs',
      fixture('first.cert'),
      fixture('second.key'),
      /first.* and .*second.* cannot be used: /,
    ],
  ];
  for (const [name, certificate, key, message] of cases) {
    it(`refuses ${name}`, () =>
      assert.throws(() => openTlsFiles(certificate, key, () => {}), { name: 'TlsFilesError', message }));
  }

  it('warns of a key that others can read', async (test) => {
    const directory = await mkdtemp(join(tmpdir(), 'cs-tls-'));
    test.after(() => rm(directory, { recursive: true, force: true }));
    const key = join(directory, 'key.pem');
    await copyFile(fixture('first.key'), key);
    await chmod(key, 0o644);
    const warnings: string[] = [];
    openTlsFiles(fixture('first.cert'), key, (line) => void warnings.push(line));
    assert.deepEqual(warnings, [`${key} is readable by others: chmod o= ${key}`]);
  });
});
