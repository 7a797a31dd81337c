// `cs-interact` and its server tell nothing of what requests are signed with: on neither stream, in no database, whatever fails.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { INTERACT, REGION, temporaryDirectory } from '../../fixtures/programs.ts';
import { assertKept, contentsBelow } from './kept-secrets.ts';

const accessKeyId = 'AKIDEXAMPLE';
const secret = 'MarkerOfASecretAccessKey/0123456789+abcd';
const token = 'FwoGZXIvYXdzEBYaDMarkerOfASessionToken/+0123456789abcdefghijklmnop==';
const env = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_SESSION_TOKEN: token,
  NODE_DEBUG: '*',
};

async function interact(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<{ status: number | null; told: string }> {
  const child = spawn(INTERACT, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, ...more } });
  const told = Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, told: (await told).join('') };
}

/** A server that is not the API, and shows whatever it is sent. */
async function echo(t: TestContext): Promise<{ url: string; heard: IncomingHttpHeaders[] }> {
  const heard: IncomingHttpHeaders[] = [];
  const statuses = [403, 500, 200];
  const server = createServer((request, response) => {
    request.resume();
    heard.push(request.headers);
    response.writeHead(statuses[heard.length % statuses.length]!, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: JSON.stringify(request.headers), headers: request.headers }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

describe('cs-interact', { concurrency: 2, timeout: 180_000 }, () => {
  it('shows nothing of them where the server shows what it was sent', async (t) => {
    const { url, heard } = await echo(t);
    const api = ['--api-url', `${url}/v1/`];
    const outcomes = await Promise.all([
      interact(['metadata', ...api]),
      interact(['metadata', '--raw', ...api]),
      interact(['config', 'set', 'a.key', '1', ...api]),
      interact(['fleet', 'list', '--group', 'demo'], { AWS_ENDPOINT_URL: url }),
      interact(['reschedule', '--queue', '--group', 'demo'], { AWS_ENDPOINT_URL: url }),
    ]);
    assert.ok(heard.length >= outcomes.length);
    assert.ok(heard.every((headers) => headers['x-amz-security-token'] === token));
    const signatures = heard.map(({ authorization }) => /Signature=(\w{64})/.exec(authorization!)![1]!);
    const texts = outcomes.map(({ told }, index): [string, string] => [`command ${index}`, told]);
    assertKept([secret, token, ...signatures], new Map(texts));
  });

  it('serve writes nothing of them, whoever asks and however wrong the key file becomes', async (t) => {
    const directory = temporaryDirectory();
    const keys = join(directory.path, 'keys.json');
    const key = { accessKeyId, secretAccessKey: secret, sessionToken: token, allow: ['*'] };
    const caller = { caller: 'AROAEXAMPLE:ops', userArn: 'arn:aws:sts::111111111111:assumed-role/ops/ops' };
    const content = JSON.stringify({ keys: [{ ...key, ...caller }] });
    writeFileSync(keys, content, { mode: 0o600 });
    const server = serve(directory.path, keys);
    t.after(async () => {
      await server.kill();
      directory.close();
    });
    const { url } = await server.ready;
    const signed = await interact(['config', 'set', 'a.key', '1', '--api-url', url]);
    assert.equal(signed.status, 0, signed.told);
    const wrong = await interact(['metadata', '--api-url', url], { AWS_SECRET_ACCESS_KEY: `${secret}x` });
    assert.equal(wrong.status, 1, wrong.told);
    for (const authorization of [
      `AWS4-HMAC-SHA256 ${secret}`,
      `AWS4-HMAC-SHA256 Credential=${token}/20261122/${REGION}/execute-api/aws4_request, SignedHeaders=host, Signature=${'ab'.repeat(32)}`,
      `Basic ${Buffer.from(secret).toString('base64')}`,
    ]) {
      assert.equal(
        await statusOf(`${url}metadata?X-Amz-Security-Token=${encodeURIComponent(token)}`, authorization),
        403,
      );
    }
    // V8 quotes what is around the place that is no JSON.
    writeFileSync(keys, content.replace(`"${secret}"`, secret));
    await interact(['metadata', '--api-url', url]);
    await server.said(/keys\.json/);
    const log = await server.end();
    assert.match(log, /refused a request/);
    const kept = [secret, token, Buffer.from(secret).toString('base64')];
    const { told } = await interact(['key', 'list', '--keys', restored(keys, content)]);
    const files = contentsBelow(directory.path);
    files.delete(keys);
    assertKept(kept, new Map([['the log', log], ['key list', told], ...files]));
  });
});

function restored(path: string, content: string): string {
  writeFileSync(path, content);
  return path;
}

function serve(directory: string, keys: string) {
  const child: ChildProcess = spawn(
    INTERACT,
    [
      ...['serve', '--keys', keys, '--data', join(directory, 'api.db'), '--region', REGION],
      ...['--listen', '127.0.0.1:0', '--admin-socket', join(directory, 'admin.sock')],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: env.PATH, HOME: env.HOME, NODE_DEBUG: '*' } },
  );
  const closed = once(child, 'close');
  let log = '';
  child.stderr!.on('data', (chunk) => {
    log += chunk;
  });
  const ready = once(createInterface(child.stdout!), 'line').then(
    ([line]) => JSON.parse(String(line)) as { url: string },
  );
  return {
    ready,
    async said(pattern: RegExp): Promise<void> {
      const deadline = AbortSignal.timeout(15_000);
      while (!pattern.test(log)) await once(child.stderr!, 'data', { signal: deadline });
    },
    async end(): Promise<string> {
      child.kill('SIGTERM');
      await closed;
      return log;
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function statusOf(url: string, authorization: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = send(url, { headers: { authorization, 'x-amz-security-token': token }, agent: false });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
}
