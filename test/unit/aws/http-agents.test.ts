import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  closeAgents,
  createProxyAgents,
  type Environment,
  EnvironmentError,
} from '../../../src/aws/http-agents.ts';
import { exchange } from '../../../src/aws/node-exchange.ts';

const certificate = fileURLToPath(new URL('fixtures/localhost.cert.pem', import.meta.url));
const key = readFileSync(new URL('fixtures/localhost.key.pem', import.meta.url));

async function start<T extends Server>(server: T): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function get(href: string, env: Environment, timeoutMs = 5_000): Promise<string> {
  const agents = createProxyAgents(env);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = { method: 'GET', url: new URL(href), headers: {} } as const;
    return (await exchange(request, { agents, maxBodyBytes: 1_000, signal })).body.toString();
  } finally {
    closeAgents(agents);
  }
}

describe('proxies and authorities of the environment', () => {
  const seen: string[] = [];
  const plain: HttpServer = createServer((_, response) => response.end('direct'));
  const secure = createTlsServer({ key, cert: readFileSync(certificate) }, (_, response) =>
    response.end('secure'),
  );
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end('proxied');
  });
  proxy.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    const [host = '', port] = String(request.url).split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  let plainHost = '';
  let secureHost = '';
  let proxyUrl = '';

  before(async () => {
    plainHost = await start(plain);
    secureHost = await start(secure);
    proxyUrl = `http://${await start(proxy)}`;
  });
  after(() => {
    for (const server of [plain, secure, proxy]) {
      server.close();
      server.closeAllConnections();
    }
  });

  test('without variables the connection is direct', async () => {
    assert.equal(await get(`http://${plainHost}/`, {}), 'direct');
  });
  for (const variable of ['HTTP_PROXY', 'http_proxy']) {
    test(`${variable} is used`, async () => {
      seen.length = 0;
      assert.equal(await get(`http://${plainHost}/x`, { [variable]: proxyUrl }), 'proxied');
      assert.deepEqual(seen, [`GET http://${plainHost}/x`]);
    });
  }
  test('a proxy without a scheme is used too', async () => {
    const env = { HTTP_PROXY: proxyUrl.replace('http://', '') };
    assert.equal(await get(`http://${plainHost}/`, env), 'proxied');
  });
  for (const value of ['socks5://127.0.0.1:1', 'http://']) {
    test(`HTTPS_PROXY=${value} is an error that names it, and no direct connection`, () => {
      assert.throws(() => createProxyAgents({ HTTPS_PROXY: value }), {
        name: 'EnvironmentError',
        variable: 'HTTPS_PROXY',
      });
    });
  }
  test('a proxy that refuses the tunnel is its own failure', async () => {
    const ended = Promise.withResolvers<void>();
    const refusing = createServer();
    // It would keep the connection.
    refusing.on('connect', (_, socket) => {
      socket.write('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      socket.resume();
      socket
        .on('error', () => {})
        .on('end', () => {
          socket.destroy();
          ended.resolve();
        });
    });
    const env = { HTTPS_PROXY: `http://${await start(refusing)}` };
    await assert.rejects(get(`https://${secureHost}/`, env), { failure: 'proxy' });
    await ended.promise;
    refusing.close();
  });
  test('a proxy that never answers is given up with the request', async () => {
    const ended = Promise.withResolvers<void>();
    const silent = createTcpServer((socket) => {
      socket.resume();
      socket.on('error', () => {}).on('close', () => ended.resolve());
    });
    const env = { HTTPS_PROXY: `http://${await start(silent)}` };
    await assert.rejects(get(`https://${secureHost}/`, env, 200), { failure: 'aborted' });
    // After the 10 s that a tunnel may take.
    await ended.promise;
    silent.close();
  });
  test('NO_PROXY exempts a host', async () => {
    assert.equal(
      await get(`http://${plainHost}/`, { HTTP_PROXY: proxyUrl, NO_PROXY: '127.0.0.1' }),
      'direct',
    );
  });
  test('HTTPS goes through a tunnel, and AWS_CA_BUNDLE is trusted through it', async () => {
    seen.length = 0;
    assert.equal(
      await get(`https://${secureHost}/`, { HTTPS_PROXY: proxyUrl, AWS_CA_BUNDLE: certificate }),
      'secure',
    );
    assert.deepEqual(seen, [`CONNECT ${secureHost}`]);
  });
  test('AWS_CA_BUNDLE is trusted', async () => {
    assert.equal(await get(`https://${secureHost}/`, { AWS_CA_BUNDLE: certificate }), 'secure');
    await assert.rejects(get(`https://${secureHost}/`, {}), { failure: 'tls' });
  });
  for (const [what, path] of [
    ['missing', '/nonexistent/bundle.pem'],
    ['no PEM', fileURLToPath(new URL('fixtures/not-a-certificate.pem', import.meta.url))],
  ] as const) {
    test(`a bundle that is ${what} is an error that names the variable`, () => {
      assert.throws(
        () => createProxyAgents({ AWS_CA_BUNDLE: path }),
        (error) =>
          error instanceof EnvironmentError &&
          error.variable === 'AWS_CA_BUNDLE' &&
          error.message.includes(path),
      );
    });
  }
});
