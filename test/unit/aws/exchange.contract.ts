// What every Exchange promises, over real sockets: each way for a request to go wrong, in the class that its caller will see.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer, Agent as TlsAgent } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { runWithin } from '../../../src/aws/deadline.ts';
import { closeAgents, createDirectAgents } from '../../../src/aws/http-agents.ts';
import type { Exchange, HttpAnswer, HttpRequest } from '../../../src/aws/http-exchange.ts';
import { TransportError, type TransportFailure } from '../../../src/aws/transport-error.ts';

export const maxBodyBytes = 10_000;

/** Serves on a port of the loopback while `work` runs. */
export async function withServer<T>(server: Server, work: (port: number) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

async function failureOf(attempt: Promise<unknown>): Promise<TransportFailure> {
  const error = await attempt.then(
    () => assert.fail('the request succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, String(error));
  return error.failure;
}

/** Registers the tests of one. */
export function keepsTheContract(exchange: Exchange): void {
  async function send(
    href: string,
    changes: Partial<HttpRequest> = {},
    timeoutMs = 5_000,
  ): Promise<HttpAnswer> {
    const agents = createDirectAgents();
    try {
      const request: HttpRequest = { method: 'GET', url: new URL(href), headers: {}, ...changes };
      // The signal alone, so that what is seen is the exchange's own reaction to it.
      const controller = new AbortController();
      return await runWithin({ timeoutMs: timeoutMs * 2 }, () => {
        const timer = setTimeout(() => controller.abort(new Error('given up')), timeoutMs);
        return exchange(request, { agents, maxBodyBytes, signal: controller.signal }).finally(() =>
          clearTimeout(timer),
        );
      });
    } finally {
      closeAgents(agents);
    }
  }

  function sendTo(
    listener: RequestListener,
    changes: Partial<HttpRequest> = {},
    timeoutMs?: number,
  ): Promise<HttpAnswer> {
    return withServer(createServer(listener), (port) =>
      send(`http://127.0.0.1:${port}/path`, changes, timeoutMs),
    );
  }

  describe('answers', () => {
    for (const status of [200, 204, 400, 403, 429, 500, 503]) {
      test(`status ${status} is an answer`, async () => {
        const answer = await sendTo((_, response) => response.writeHead(status, { 'X-Id': '1' }).end());
        assert.deepEqual([answer.status, answer.headers['x-id'], answer.body.length], [status, '1', 0]);
      });
    }

    test('a redirect is not followed', async () => {
      const paths: unknown[] = [];
      const answer = await sendTo((request, response) => {
        paths.push(request.url);
        response.writeHead(302, { location: '/elsewhere' }).end('moved');
      });
      assert.deepEqual([answer.status, answer.body.toString(), paths], [302, 'moved', ['/path']]);
    });

    test('a body is sent, and none is none', async () => {
      const echo: RequestListener = (request, response) => {
        response.setHeader('x-length', request.headers['content-length'] ?? 'none');
        request.pipe(response);
      };
      const posted = await sendTo(echo, { method: 'POST', body: 'é' });
      assert.deepEqual([posted.headers['x-length'], posted.body.toString()], ['2', 'é']);
      const put = await sendTo(echo, { method: 'PUT' });
      assert.deepEqual([put.headers['x-length'], put.body.length], ['0', 0]);
      assert.equal((await sendTo(echo)).headers['x-length'], 'none');
    });

    test('a compressed body is decompressed', async () => {
      const answer = await sendTo((_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('text')),
      );
      assert.equal(answer.body.toString(), 'text');
    });

    test('a body of just the bound is read', async () => {
      const answer = await sendTo((_, response) => response.end(Buffer.alloc(maxBodyBytes)));
      assert.equal(answer.body.length, maxBodyBytes);
    });
  });

  describe('failures', () => {
    const cases: readonly [what: string, failure: TransportFailure, listener: RequestListener][] = [
      [
        'one byte over the bound',
        'too-large',
        (_, response) => void response.end(Buffer.alloc(maxBodyBytes + 1)),
      ],
      [
        'over the bound once decompressed',
        'too-large',
        (_, response) =>
          void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(100_000))),
      ],
      [
        'an endless body',
        'too-large',
        (_, response) => {
          const feed = (): void => {
            while (!response.destroyed && response.write(Buffer.alloc(1_000)));
          };
          response.on('drain', feed);
          feed();
        },
      ],
      [
        'compressed nonsense',
        'protocol',
        (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all'),
      ],
      [
        'a body that is not made of chunks as it says',
        'protocol',
        (_, response) => {
          response.socket!.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n');
        },
      ],
      ['a reset before the headers', 'reset', (request) => void request.socket.resetAndDestroy()],
      [
        'a close within the body',
        'reset',
        (request, response) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('half', () => request.socket.destroy());
        },
      ],
    ];
    for (const [what, failure, listener] of cases) {
      test(`${what} is ${failure}`, async () => {
        assert.equal(await failureOf(sendTo(listener)), failure);
      });
    }

    test('an answer that is no HTTP is protocol', async () => {
      const server = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
      assert.equal(
        await failureOf(withServer(server, (port) => send(`http://127.0.0.1:${port}/`))),
        'protocol',
      );
    });

    test('nobody listening is refused', async () => {
      const port = await withServer(createTcpServer(), async (free) => free);
      assert.equal(await failureOf(send(`http://127.0.0.1:${port}/`)), 'refused');
    });

    for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
      test(`${code} is dns`, async () => {
        const lookup = (_: string, __: object, done: (error: Error, address: string) => void) =>
          done(Object.assign(new Error(code), { code }), '');
        const agents = { ...createDirectAgents(), http: new Agent({ lookup } as object) };
        const request: HttpRequest = { method: 'GET', url: new URL('http://name.example/'), headers: {} };
        const signal = new AbortController().signal;
        assert.equal(await failureOf(exchange(request, { agents, maxBodyBytes, signal })), 'dns');
      });
    }

    test('a certificate that nobody vouches for is tls', async () => {
      const key = readFileSync(new URL('fixtures/localhost.key.pem', import.meta.url));
      const cert = readFileSync(new URL('fixtures/localhost.cert.pem', import.meta.url));
      const server = createTlsServer({ key, cert }, (_, response) => response.end());
      assert.equal(await failureOf(withServer(server, (port) => send(`https://127.0.0.1:${port}/`))), 'tls');
    });

    test('plain text where TLS is expected is tls', async () => {
      const server = createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      assert.equal(await failureOf(withServer(server, (port) => send(`https://127.0.0.1:${port}/`))), 'tls');
    });

    test('https to a server of plain http is told in one line that says what to look at', async () => {
      const server = createServer((_, response) => response.end());
      await withServer(server, async (port) => {
        await assert.rejects(send(`https://127.0.0.1:${port}/path`), {
          message: `GET 127.0.0.1:${port}/path: the server does not speak TLS; is it http://?`,
        });
      });
    });
  });

  describe('giving up reaches every phase', () => {
    const hangs: readonly [phase: string, server: () => Server, scheme: string][] = [
      ['the TLS handshake', () => createTcpServer(), 'https'],
      ['the headers', () => createServer(() => undefined), 'http'],
      [
        'the body',
        () =>
          createServer((_, response) => {
            response.writeHead(200, { 'content-length': '100' });
            response.write('half');
          }),
        'http',
      ],
    ];
    for (const [phase, server, scheme] of hangs) {
      test(`a hang in ${phase}`, async () => {
        const attempt = withServer(server(), (port) => send(`${scheme}://127.0.0.1:${port}/`, {}, 200));
        assert.equal(await failureOf(attempt), 'aborted');
      });
    }
  });

  describe('a kept connection that the server has closed meanwhile', () => {
    /** Two requests over one kept connection, which is reset under the second. */
    async function twice(
      method: 'GET' | 'POST',
      isAction = false,
    ): Promise<{ second: Promise<string>; requests: () => number }> {
      let requests = 0;
      const second = Promise.withResolvers<string>();
      const server = createServer((incoming, response) => {
        requests++;
        if (requests === 2) incoming.socket.resetAndDestroy();
        else response.end(`answer ${requests}`);
      });
      await withServer(server, async (port) => {
        const agents = { ...createDirectAgents(), http: new Agent({ keepAlive: true }) };
        const url = new URL(`http://127.0.0.1:${port}/`);
        const request: HttpRequest = { method, url, headers: {}, isAction };
        const limits = { agents, maxBodyBytes, signal: new AbortController().signal };
        await exchange(request, limits);
        await exchange(request, limits).then(
          (answer) => second.resolve(answer.body.toString()),
          second.reject,
        );
        closeAgents(agents);
      });
      return { second: second.promise, requests: () => requests };
    }

    test('is not a failure of the next GET', async () => {
      const { second, requests } = await twice('GET');
      assert.deepEqual([await second, requests()], ['answer 3', 3]);
    });
    test('is one of a GET that changes something', async () => {
      const { second, requests } = await twice('GET', true);
      assert.deepEqual([await failureOf(second), requests()], ['reset', 2]);
    });
    test('is one of a POST, which may have been carried out', async () => {
      const { second, requests } = await twice('POST');
      assert.deepEqual([await failureOf(second), requests()], ['reset', 2]);
    });
  });

  test('a failure carries nothing of the request but its target', async () => {
    const listener: RequestListener = (request) => void request.socket.resetAndDestroy();
    const headers = { authorization: 'signed', 'x-amz-security-token': 'secret' };
    const error = await sendTo(listener, { headers, body: 'private' }).catch((reason: unknown) => reason);
    assert.match(inspect(error, { depth: 10 }), /GET 127\.0\.0\.1:\d+\/path: /);
    assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /signed|secret|private/);
  });

  test('an alert of TLS 1.3 that comes after the handshake', async () => {
    const key = readFileSync(new URL('fixtures/localhost.key.pem', import.meta.url));
    const cert = readFileSync(new URL('fixtures/localhost.cert.pem', import.meta.url));
    // Whose certificate it wants, the client learns after it has sent its request.
    const wanting = { key, cert, ca: cert, requestCert: true, minVersion: 'TLSv1.3' } as const;
    const server = createTlsServer(wanting, (_, response) => response.end());
    const agents = { ...createDirectAgents(), https: new TlsAgent({ ca: cert }) };
    const failure = await withServer(server, (port) => {
      const url = new URL(`https://127.0.0.1:${port}/`);
      const request: HttpRequest = { method: 'POST', url, headers: {}, body: 'x' };
      return failureOf(exchange(request, { agents, maxBodyBytes, signal: new AbortController().signal }));
    });
    closeAgents(agents);
    assert.equal(failure, 'reset');
  });
}
