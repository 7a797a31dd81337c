// The agent's end of the control socket, over real sockets: what it answers, how it is bounded, and everything that ends a lease.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { hostClock } from '../../../../src/watcher/clock.ts';
import { startControlServer } from '../../../../src/watcher/control/control-server.ts';
import { controlSocketPath } from '../../../../src/watcher/control/protocol.ts';
import { LogLines } from '../../../fixtures/log-lines.ts';
import { ControlledAgent, runtimeDirectory, startScene } from './control-scene.ts';
import { described, isDescribed } from './control-schema.ts';

const CLOSED = { kind: 'override', verdict: 'closed', reason: 'a test', seconds: 60 };
/** A slow request is ended after 5 to 10 s. */
const DEADLINE_MS = 20_000;

interface Answered {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** One request with a body as it is. */
function ask(socketPath: string, method: string, path: string, body?: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, method, path, agent: false }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((read) => resolve({ status, headers, body: read }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A connection that has sent this, whatever it is. */
function send(socketPath: string, words: string, options: { allowHalfOpen?: boolean } = {}): Socket {
  const socket = connect({ path: socketPath, ...options });
  socket.on('error', () => {});
  socket.write(words);
  return socket;
}

function posted(document: object): string {
  const body = JSON.stringify(document);
  return `POST /v1/lease HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Resolves once the socket is closed; fails after the deadline. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(DEADLINE_MS) });
}

/** Of what has come of a drain, when no script runs and nothing overrides it. */
const REST = { scriptsPending: false, overriddenUntil: null };

describe('the control server', () => {
  test('answers status and metrics, and closes the connection', async (t) => {
    const { socketPath } = startScene(t);
    const status = await ask(socketPath, 'GET', '/v1/status');
    assert.equal(status.status, 200);
    assert.equal(status.headers['content-type'], 'application/json');
    assert.equal(status.headers.connection, 'close');
    assert.equal((JSON.parse(status.body) as { version: number }).version, 1);
    const metrics = await ask(socketPath, 'GET', '/metrics');
    assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(metrics.body, '# HELP a_metric\na_metric 1\n');
  });

  test('closes the connection of a client that would keep it', async (t) => {
    const { socketPath } = startScene(t);
    const startedMs = performance.now();
    const socket = send(socketPath, 'GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n');
    await closed(socket.resume());
    assert.ok(performance.now() - startedMs < 1_000);
  });

  test("is its owner's alone", (t) => {
    const { socketPath, troubles } = startScene(t);
    assert.equal(statSync(socketPath).mode & 0o777, 0o600);
    assert.deepEqual(troubles, []);
  });

  const refused: readonly (readonly [string, string, string | undefined, number, string, RegExp])[] = [
    ['GET', '/', undefined, 404, 'not-found', /^there is nothing at this path$/],
    ['GET', '//', undefined, 404, 'not-found', /^there is nothing/],
    ['GET', '/v1/status/', undefined, 404, 'not-found', /^there is nothing/],
    ['GET', '/../../etc/passwd', undefined, 404, 'not-found', /^there is nothing/],
    ['GET', '/v1/lease/', undefined, 404, 'not-found', /^there is nothing/],
    ['POST', '/v1/status', '', 405, 'method-not-allowed', /^only GET is answered/],
    ['GET', '/v1/lease', undefined, 405, 'method-not-allowed', /^only POST is answered/],
    ['GET', '/v1/lease/id-1', undefined, 405, 'method-not-allowed', /^only DELETE is answered/],
    ['DELETE', '/v1/lease/id-9', undefined, 404, 'not-found', /^no such lease is in force$/],
    ['GET', '/v1/drained?timeout=soon', undefined, 400, 'bad-request', /^timeout: expected/],
    ['POST', '/v1/lease', 'verdict=open', 400, 'bad-request', /^the body is not JSON/],
    ['POST', '/v1/lease', JSON.stringify({ ...CLOSED, seconds: 86_401 }), 400, 'bad-request', /^seconds: /],
    ['POST', '/v1/lease', 'x'.repeat(65_537), 413, 'too-large', /^the body is longer than 65536 bytes$/],
  ];
  for (const [method, path, body, status, code, message] of refused) {
    test(`refuses ${method} ${path} ${body?.slice(0, 40) ?? ''}`, async (t) => {
      const { socketPath, agent } = startScene(t);
      const answered = await ask(socketPath, method, path, body);
      assert.equal(answered.status, status, answered.body);
      const refusal = described('refusal', answered.body);
      assert.equal(refusal.error, code);
      assert.match(String(refusal.message), message);
      assert.deepEqual(agent.leases, []);
    });
  }

  test('answers a fault by one line, without a stack', async (t) => {
    const { socketPath, agent } = startScene(t);
    agent.failing = new Error('the kernel\n  does not answer');
    const { status, body } = await ask(socketPath, 'GET', '/v1/status');
    assert.equal(status, 500);
    assert.deepEqual(described('refusal', body), {
      error: 'internal',
      message: 'the kernel does not answer',
    });
  });

  test('answers when drained, or when the time is over, with how far it has come', async (t) => {
    const { socketPath, agent } = startScene(t);
    const asked = async (seconds: number): Promise<readonly [number, unknown]> => {
      const { status, body } = await ask(socketPath, 'GET', `/v1/drained?timeout=${seconds}`);
      return [status, described('drained', body)];
    };
    const nothing = { drained: false, draining: false, outcome: null, connectionsLeft: null, ...REST };
    assert.deepEqual(await asked(0.01), [408, nothing], 'before the agent has settled');
    agent.settle();
    assert.deepEqual(await asked(0.01), [408, nothing]);
    agent.settle({ draining: true, count: { left: 3, drained: false } });
    assert.deepEqual(await asked(0.01), [
      408,
      { drained: false, draining: true, outcome: null, connectionsLeft: 3, ...REST },
    ]);
    agent.settle({ outcome: 'timeout', count: { left: 0, drained: true } });
    assert.deepEqual(await asked(0.01), [
      408,
      { drained: false, draining: true, outcome: 'timeout', connectionsLeft: 0, ...REST },
    ]);
    agent.settle({ outcome: 'complete', count: { left: null, drained: false } });
    const waiting = asked(0);
    agent.settle({ outcome: 'complete', count: { left: 0, drained: true } });
    assert.deepEqual(await waiting, [
      200,
      { drained: true, draining: true, outcome: 'complete', connectionsLeft: 0, ...REST },
    ]);
    assert.deepEqual((await asked(60))[0], 200, 'at once');
  });

  test('holds a lease for as long as its connection, and tells what follows from it', async (t) => {
    const { socketPath, agent } = startScene(t);
    assert.ok(isDescribed('leaseRequest', CLOSED));
    const lines: Record<string, unknown>[] = [];
    const finished = new Promise<void>((resolve) => {
      const outgoing = httpRequest({ socketPath, method: 'POST', path: '/v1/lease' }, async (response) => {
        assert.equal(response.headers['content-type'], 'application/x-ndjson');
        for await (const chunk of response)
          for (const line of String(chunk).trimEnd().split('\n')) {
            lines.push(described('leaseEvent', line));
            if (lines.length === 1) {
              const second = await ask(socketPath, 'POST', '/v1/lease', JSON.stringify(CLOSED));
              assert.equal(second.status, 409);
              const refusal = described('refusal', second.body);
              assert.match(
                String(refusal.message),
                /^override closed until \S+Z \(a test\) is in force, held by pid 508 \(root, pts\/2\): Ctrl-C there, or kill 508$/,
              );
              const end = await ask(socketPath, 'DELETE', `/v1/lease/${lines[0]!.id}`);
              const effect = { refusing: false, ports: ['80', '8000-8010'], refusesAt: null, problem: null };
              assert.deepEqual(described('leaseGivenBack', end.body), { ended: effect });
            }
          }
        resolve();
      });
      outgoing.end(JSON.stringify({ ...CLOSED, holder: { pid: 508, user: 'root', terminal: 'pts/2' } }));
    });
    await finished;
    const effect = { ports: ['80', '8000-8010'], refusesAt: null, problem: null };
    assert.deepEqual(lines[0]?.effect, { refusing: true, ...effect });
    assert.deepEqual(lines.slice(1), [
      { event: 'ended', why: 'released', effect: { refusing: false, ...effect } },
    ]);
    assert.deepEqual([agent.leases.length, agent.leases[1]], [2, null]);
  });

  test('a lease ends with its time', async (t) => {
    const { socketPath } = startScene(t);
    const { body } = await ask(socketPath, 'POST', '/v1/lease', JSON.stringify({ ...CLOSED, seconds: 1 }));
    const [first = '', second = ''] = body.trimEnd().split('\n');
    assert.equal(described('leaseEvent', first).event, 'in-force');
    assert.equal(described('leaseEvent', second).why, 'time');
  });

  test('a lease goes on though the kernel cannot be asked', async (t) => {
    const { socketPath, agent } = startScene(t);
    agent.failing = new Error('no kernel');
    const { body } = await ask(socketPath, 'POST', '/v1/lease', JSON.stringify({ ...CLOSED, seconds: 1 }));
    const effect = { refusing: null, ports: [], refusesAt: null, problem: 'no kernel' };
    assert.deepEqual(
      body
        .trimEnd()
        .split('\n')
        .map((line) => described('leaseEvent', line).effect),
      [effect, effect],
    );
  });

  const endings: readonly (readonly [string, (socket: Socket) => void])[] = [
    ['closed', (socket) => socket.destroy()],
    ['half closed', (socket) => socket.end()],
    ['used for another request', (socket) => socket.write('GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['used for another lease', (socket) => socket.write(posted(CLOSED))],
    ['used for something else', (socket) => socket.write('\0\0\0\0')],
    ['used for very much', (socket) => socket.write('x'.repeat(5_000_000))],
  ];
  for (const [what, end] of endings) {
    test(`a lease ends at once when its connection is ${what}`, async (t) => {
      const { socketPath, agent } = startScene(t);
      // It asks to be kept alive, and it never reads.
      const socket = send(socketPath, posted(CLOSED), { allowHalfOpen: true });
      await agent.leased(1);
      const startedMs = performance.now();
      end(socket);
      await agent.leased(2);
      assert.ok(performance.now() - startedMs < 1_000);
      assert.equal(agent.leases[1], null);
      socket.destroy();
      assert.equal((await ask(socketPath, 'GET', '/v1/status')).status, 200);
    });
  }

  test('a client that goes away before the lease is whole holds none', async (t) => {
    const { socketPath, agent } = startScene(t);
    const half = posted(CLOSED).slice(0, -10);
    for (const end of ['destroy', 'end'] as const) {
      const socket = send(socketPath, half).resume();
      await once(socket, 'connect');
      socket[end]();
      await closed(socket);
    }
    assert.equal((await ask(socketPath, 'GET', '/v1/status')).status, 200);
    assert.deepEqual(agent.leases, []);
  });

  test('a connection that asks nothing is ended, one that waits is not', async (t) => {
    const { socketPath, agent } = startScene(t);
    const silent = send(socketPath, '');
    const slow = send(socketPath, 'POST /v1/lease HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    const holding = send(socketPath, posted(CLOSED));
    for (const socket of [silent, slow]) socket.resume();
    await Promise.all([closed(silent), closed(slow)]);
    assert.equal(holding.closed, false);
    assert.equal(agent.leases.length, 1);
    holding.destroy();
  });

  test('64 connections are served, and no more; those that hold something are not given up for new ones', async (t) => {
    const { socketPath, agent } = startScene(t);
    const lease = send(socketPath, posted(CLOSED));
    await agent.leased(1);
    const waiting = Array.from({ length: 63 }, () =>
      send(socketPath, 'GET /v1/drained HTTP/1.1\r\nHost: x\r\n\r\n'),
    );
    await Promise.all(waiting.map((socket) => once(socket, 'connect')));
    await assert.rejects(ask(socketPath, 'GET', '/v1/status'), /socket hang up|ECONNRESET/);
    assert.equal(lease.closed, false);
    waiting[0]!.destroy();
    const endsAtMs = performance.now() + DEADLINE_MS;
    for (let status = 0; status !== 200; ) {
      assert.ok(performance.now() < endsAtMs, 'no room in time');
      status = await ask(socketPath, 'GET', '/v1/status').then(
        (answered) => answered.status,
        () => 0,
      );
    }
    for (const socket of [lease, ...waiting]) socket.destroy();
    await agent.leased(2);
  });

  test('ends with the agent: leases are told, those who wait are let go, the socket is gone', async (t) => {
    const { socketPath, agent, server } = startScene(t);
    const holding = send(socketPath, posted(CLOSED));
    const lines = new LogLines(holding);
    const waiting = send(socketPath, 'GET /v1/drained HTTP/1.1\r\nHost: x\r\n\r\n');
    waiting.resume();
    await agent.leased(1);
    const startedMs = performance.now();
    await server.close();
    assert.ok(performance.now() - startedMs < 1_000);
    await lines.waitFor(({ event, why, effect }) => event === 'ended' && why === 'agent' && effect === null);
    await closed(waiting);
    assert.equal(existsSync(socketPath), false);
    assert.equal(agent.leases.length, 1, 'what stays of it is for the agent to say');
  });
});

describe('the control socket', () => {
  test('takes the place of what a dead agent left', async (t) => {
    const runtimeDir = runtimeDirectory(t);
    const socketPath = controlSocketPath(runtimeDir);
    // What a killed agent leaves: a socket that nobody listens on.
    const leaves = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
    assert.throws(() => execFileSync(process.execPath, ['-e', leaves]));
    assert.ok(statSync(socketPath).isSocket());
    const next = startScene(t, runtimeDir);
    assert.deepEqual(next.troubles, []);
    assert.equal((await ask(socketPath, 'GET', '/v1/status')).status, 200);
  });

  for (const [what, make] of [
    ['a file', (path: string) => writeFileSync(path, 'kept')],
    ['a directory', (path: string) => mkdirSync(path)],
  ] as const) {
    test(`leaves ${what} of its name alone, and says so`, (t) => {
      const runtimeDir = runtimeDirectory(t);
      make(controlSocketPath(runtimeDir));
      const { socketPath, troubles } = startScene(t, runtimeDir);
      assert.equal(statSync(socketPath).isSocket(), false);
      assert.deepEqual(troubles, [
        `${socketPath}: something that is not a socket is in the way, remove it; status, wait, override and simulate cannot reach the agent`,
      ]);
    });
  }

  for (const [what, directory, problem] of [
    ['a path that is too long', 'x'.repeat(108), /longer than the 107 bytes/],
    ['a directory that is not there', 'nowhere', /nowhere\/control\.sock: .*(ENOENT|EACCES)/],
  ] as const) {
    test(`tells ${what} as trouble`, async (t) => {
      const told = Promise.withResolvers<string | null>();
      const agent = new ControlledAgent();
      const server = startControlServer({
        runtimeDir: join(runtimeDirectory(t), directory),
        subject: agent,
        summaries: agent.summaries,
        clock: hostClock,
        newId: () => 'id',
        onTrouble: told.resolve,
      });
      assert.match(String(await told.promise), problem);
      await server.close();
    });
  }
});
