// The HTTP listener under friends and foes: what is answered, and that nobody keeps others from being answered.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { connectionLimit } from '../../../../src/watcher/observe/connection-limit.ts';
import { type HttpDocument, startHttpListener } from '../../../../src/watcher/observe/http-listener.ts';
import type { Listener } from '../../../../src/watcher/observe/listener.ts';
import { ended, freePort, untilListening } from './listening.ts';

const HOST = '127.0.0.1';
const MAX_CONNECTIONS = connectionLimit();

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
  readonly isReused: boolean;
}

describe('the HTTP listener', () => {
  let port: number;
  let listener: Listener;
  let document: () => HttpDocument | null;
  const troubles: (string | null)[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    port = await freePort();
    troubles.length = 0;
    document = () => ({ status: 200, contentType: 'text/plain', body: 'well\n' });
    listener = startHttpListener({
      address: { host: HOST, port },
      documentAt: (path) => (path.startsWith('/nothing') ? null : document()),
      onTrouble: (problem) => troubles.push(problem),
    });
    await untilListening(port);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await listener.close();
  });

  async function ask(method: string, path: string, agent?: Agent): Promise<Answer> {
    const asked = request({ host: HOST, port, method, path, ...(agent && { agent }) });
    asked.end();
    const [response] = await once(asked, 'response');
    const { statusCode: status, headers } = response;
    return { status, headers, body: await text(response), isReused: asked.reusedSocket };
  }

  async function open(): Promise<Socket> {
    const socket = connect(port, HOST);
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  /** Sends raw bytes and resolves with everything that comes back until the end. */
  async function raw(bytes: string): Promise<string> {
    const socket = await open();
    socket.write(bytes);
    return text(socket);
  }

  for (const [method, path, status, body] of [
    ['GET', '/', 200, 'well\n'],
    ['GET', '/any/thing?with=query', 200, 'well\n'],
    ['OPTIONS', '/', 200, 'well\n'],
    ['HEAD', '/', 200, ''],
    ['GET', '/nothing?', 404, 'there is nothing at this path\n'],
    ['POST', '/', 405, 'only GET, HEAD and OPTIONS are answered\n'],
    ['DELETE', '/', 405, 'only GET, HEAD and OPTIONS are answered\n'],
  ] as const) {
    it(`answers ${method} ${path} with ${status}`, async () => {
      const answer = await ask(method, path);
      assert.deepEqual([answer.status, answer.body], [status, body]);
      assert.equal(answer.headers['cache-control'], 'no-store');
      if (method === 'HEAD') assert.equal(answer.headers['content-length'], '5');
      if (status === 405) assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS');
    });
  }

  it('shows a change at the next request of a connection that is kept', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.equal((await ask('GET', '/', agent)).status, 200);
    document = () => ({ status: 503, contentType: 'text/plain', body: 'ill\n' });
    const { status, isReused } = await ask('GET', '/', agent);
    agent.destroy();
    assert.deepEqual([status, isReused], [503, true]);
  });

  it('answers HTTP/1.0 as HAProxy and others ask it, and closes', async () => {
    assert.match(await raw('OPTIONS / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nwell\n$/);
  });

  it('answers a request to change the protocol as any other', async () => {
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1\.1 200 OK/);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    assert.match(await text(socket), /^HTTP\/1\.1 200 OK/);
  });

  it('reads no body: whoever sends one is answered and let go', async () => {
    for (const length of ['content-length: 1000000', 'transfer-encoding: chunked']) {
      const answer = await raw(`GET / HTTP/1.1\r\nhost: a\r\n${length}\r\n\r\n1\r\nx`);
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\nconnection: close\r\n[\s\S]*\r\n\r\nwell\n$/, length);
    }
  });

  for (const [what, bytes, status] of [
    ['headers over 8 KiB', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(9_000)}\r\n\r\n`, 431],
    ['a path over 8 KiB', `GET /${'y'.repeat(9_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
    ['what is no HTTP', '\x16\x03\x01\x02\x00\x01\r\n\r\n', 400],
    ['two lengths', 'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
  ] as const) {
    it(`answers ${what} with ${status} and closes`, async () => {
      const answer = await raw(bytes);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.doesNotMatch(answer, /at .*\.[jt]s/, 'no stack trace');
    });
  }

  it('lets go after some seconds of clients that say nothing or half a request, and answers others meanwhile', async () => {
    const [silent, half] = [await open(), await open()];
    half.write('GET / HTTP/1.1\r\nhost: ');
    const beganMs = performance.now();
    const gone = [silent, half].map((socket) => ended(socket.resume()));
    assert.equal((await ask('GET', '/')).status, 200);
    await Promise.all(gone);
    const tookMs = performance.now() - beganMs;
    assert.ok(tookMs > 3_000 && tookMs < 12_000, `${Math.round(tookMs)} ms`);
  });

  it(`holds ${MAX_CONNECTIONS} connections and gives up the oldest for one more, so that a checker is always answered`, async () => {
    const first = await open();
    const closed = ended(first);
    first.resume();
    const others = [];
    for (let i = 1; i < MAX_CONNECTIONS; i += 1) others.push(await open());
    assert.equal(first.destroyed, false);
    assert.equal((await ask('GET', '/')).status, 200);
    await closed;
    for (let i = 0; i < 200; i += 1) await open();
    assert.equal((await ask('GET', '/')).status, 200);
  });

  it('outlives clients that reset their connections', async () => {
    for (let i = 0; i < 20; i += 1) {
      const socket = await open();
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      socket.resetAndDestroy();
    }
    assert.equal((await ask('GET', '/')).status, 200);
  });

  it('answers 500 when a document cannot be made, says so once, and says when it can again', async () => {
    const good = document;
    document = () => {
      throw new Error('a secret of the inside');
    };
    const answers = [await ask('GET', '/'), await ask('GET', '/')];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [500, 500],
    );
    assert.doesNotMatch(answers[0]!.body, /secret/);
    document = good;
    await ask('GET', '/');
    await ask('GET', '/');
    assert.deepEqual(troubles, ['no answer could be made: a secret of the inside', null]);
  });

  it('ends within a second, whoever is connected', async () => {
    const agent = new Agent({ keepAlive: true });
    await ask('GET', '/', agent);
    const slow = await open();
    slow.write('GET / HTTP/1.1\r\n');
    const beganMs = performance.now();
    await listener.close();
    assert.ok(performance.now() - beganMs < 1_500);
    agent.destroy();
    await assert.rejects(ask('GET', '/'), { code: 'ECONNREFUSED' });
  });
});

describe('an address that cannot be listened on', () => {
  const start = (host: string, port: number, troubles: (string | null)[]) =>
    startHttpListener({
      address: { host, port },
      documentAt: () => ({ status: 200, contentType: 'text/plain', body: 'well\n' }),
      onTrouble: (problem) => troubles.push(problem),
    });

  it('is told and tried again until it can', async (t) => {
    const port = await freePort();
    const other = createServer().listen(port, HOST);
    await once(other, 'listening');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const troubles: (string | null)[] = [];
    const listener = start(HOST, port, troubles);
    await untilLength(troubles, 1);
    t.mock.timers.tick(5_000);
    await untilLength(troubles, 2);
    other.close();
    await once(other, 'close');
    t.mock.timers.tick(5_000);
    t.mock.timers.reset();
    await untilListening(port);
    const taken = `127.0.0.1:${port}: another program listens there; tried again every 5 s`;
    assert.deepEqual(troubles, [taken, taken, null]);
    await listener.close();
  });

  it('that this host does not have is named, and given up when closed', async () => {
    const troubles: (string | null)[] = [];
    const listener = start('192.0.2.55', 8080, troubles);
    await untilLength(troubles, 1);
    await listener.close();
    assert.deepEqual(troubles, [
      '192.0.2.55:8080: no interface of this host has that address; tried again every 5 s',
    ]);
  });
});

/** Turns of the event loop until so many were told; fails after a second. */
async function untilLength(troubles: readonly unknown[], length: number): Promise<void> {
  const endsAt = performance.now() + 1_000;
  while (troubles.length < length) {
    assert.ok(performance.now() < endsAt, `told ${JSON.stringify(troubles)}`);
    await new Promise(setImmediate);
  }
}
