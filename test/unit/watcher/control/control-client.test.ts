// The commands' end of the control socket, against the agent's end and against whatever else may stand there.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import {
  AgentNotRunning,
  askStatus,
  ControlFailure,
  ControlRefused,
} from '../../../../src/watcher/control/control-client.ts';
import { openControl } from '../../../../src/watcher/control/control-request.ts';
import { holdLease, type InForce } from '../../../../src/watcher/control/hold-lease.ts';
import {
  controlSocketPath,
  type DrainView,
  type LeaseRequest,
} from '../../../../src/watcher/control/protocol.ts';
import { waitForDrained } from '../../../../src/watcher/control/wait-for-drained.ts';
import { runtimeDirectory, startScene } from './control-scene.ts';

const CLOSED: LeaseRequest = { kind: 'override', verdict: 'closed', reason: 'a test', seconds: 60 };

describe('asking', () => {
  test('brings the status', async (t) => {
    const { runtimeDir } = startScene(t);
    assert.equal((await askStatus(runtimeDir)).version, 1);
  });

  test('says that no agent runs where nothing listens', async (t) => {
    const runtimeDir = runtimeDirectory(t);
    const noAgent = {
      name: 'AgentNotRunning',
      message: `no agent runs: nothing listens on ${runtimeDir}/control.sock`,
    };
    await assert.rejects(askStatus(runtimeDir), noAgent);
    await assert.rejects(askStatus(`${runtimeDir}/nowhere`), AgentNotRunning);
  });

  test('hands on what the agent refuses', async (t) => {
    const { runtimeDir, agent } = startScene(t);
    agent.failing = new Error('out of order');
    await assert.rejects(askStatus(runtimeDir), (error) => {
      assert.ok(error instanceof ControlRefused);
      assert.deepEqual(error.refusal, { error: 'internal', message: 'out of order' });
      return true;
    });
  });

  const others: readonly (readonly [string, (socket: Socket) => void, ControlFailure['code'], RegExp])[] = [
    [
      'closes the connection',
      (socket) => socket.destroy(),
      'interrupted',
      /closed the connection without an answer/,
    ],
    [
      'speaks something else',
      (socket) => socket.end('SSH-2.0-x\r\n'),
      'failed',
      /control\.sock: Parse Error/,
    ],
    [
      'answers no JSON',
      (socket) => socket.end(http(200, '<html>')),
      'strange',
      /not an agent of this version: "<html>"$/,
    ],
    [
      'answers another error',
      (socket) => socket.end(http(418, '{}')),
      'strange',
      /not an agent .*: "status 418"$/,
    ],
    [
      'ends half-way',
      (socket) => socket.end(http(200, '{"version":1').replace('12', '99')),
      'interrupted',
      /ended while it answered/,
    ],
  ];
  for (const [what, answer, code, message] of others) {
    test(`fails in one line where something ${what}`, async (t) => {
      const runtimeDir = await standIn(t, answer);
      await assert.rejects(askStatus(runtimeDir), (error) => {
        assert.ok(error instanceof ControlFailure, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      });
    });
  }

  test('does not wait for ever for one that says nothing', async (t) => {
    const runtimeDir = await standIn(t, () => {});
    const asked = openControl({ runtimeDir, method: 'GET', path: '/v1/status', timeoutMs: 50 });
    await assert.rejects(asked, { code: 'silent', message: /the agent has not answered within 0\.05 s$/ });
  });
});

describe('holding a lease', () => {
  test('lasts until it is given back, and the agent has confirmed that', async (t) => {
    const { runtimeDir, agent } = startScene(t);
    const release = new AbortController();
    const told: InForce[] = [];
    const ended = await holdLease(runtimeDir, CLOSED, {
      release: release.signal,
      onInForce: (event) => {
        told.push(event);
        release.abort();
      },
    });
    assert.deepEqual([ended.why, ended.effect?.refusing], ['released', false]);
    assert.deepEqual([told.length, told[0]?.effect.refusing, told[0]?.lease.reason], [1, true, 'a test']);
    assert.deepEqual([agent.leases.length, agent.leases[1]], [2, null]);
  });

  test('that is given back before it is in force ends as soon as it is', async (t) => {
    const { runtimeDir, agent } = startScene(t);
    agent.isStuck = true;
    const held = holdLease(runtimeDir, CLOSED, { release: AbortSignal.abort(), onInForce: () => {} });
    await agent.leased(1);
    agent.isStuck = false;
    agent.settle();
    assert.equal((await held).why, 'released');
  });

  test('that no agent confirms ends with the connection', async (t) => {
    const { runtimeDir, agent } = startScene(t);
    const release = new AbortController();
    const onInForce = (): void => {
      agent.isStuck = true;
      release.abort();
    };
    const held = holdLease(runtimeDir, CLOSED, { release: release.signal, onInForce });
    await assert.rejects(held, { name: 'ControlFailure', message: 'no confirmation within 5 s' });
    assert.equal(agent.leases.at(-1), null);
  });

  test('lasts until its time is over', async (t) => {
    const { runtimeDir } = startScene(t);
    const release = new AbortController().signal;
    const ended = await holdLease(runtimeDir, { ...CLOSED, seconds: 1 }, { release, onInForce: () => {} });
    assert.equal(ended.why, 'time');
  });

  test('is refused while another one is in force, which is told', async (t) => {
    const { runtimeDir } = startScene(t);
    const release = new AbortController();
    const first = Promise.withResolvers<void>();
    const held = holdLease(runtimeDir, CLOSED, { release: release.signal, onInForce: () => first.resolve() });
    await first.promise;
    const second = holdLease(runtimeDir, CLOSED, { release: release.signal, onInForce: () => {} });
    await assert.rejects(second, (error) => {
      assert.ok(error instanceof ControlRefused);
      assert.equal(error.refusal.error, 'lease-held');
      assert.equal(error.refusal.lease?.reason, 'a test');
      return true;
    });
    release.abort();
    assert.equal((await held).why, 'released');
  });

  test('ends with the agent', async (t) => {
    const { runtimeDir, server } = startScene(t);
    const release = new AbortController().signal;
    const held = holdLease(runtimeDir, CLOSED, { release, onInForce: () => void server.close() });
    await assert.rejects(held, { name: 'AgentNotRunning', message: 'the agent has ended' });
  });

  test('ends with an agent that is killed', async (t) => {
    const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const runtimeDir = await standIn(t, (socket) => {
      socket.write(begun, () => socket.destroy());
    });
    const release = new AbortController().signal;
    const held = holdLease(runtimeDir, CLOSED, { release, onInForce: () => {} });
    await assert.rejects(held, { name: 'AgentNotRunning', message: 'the agent has ended' });
  });
});

describe('waiting for drained', () => {
  const COMPLETE = { outcome: 'complete', count: { left: 0, drained: true } } as const;
  const TIMED_OUT = { outcome: 'timeout', count: { left: 2, drained: false } } as const;

  test('returns when drained', async (t) => {
    const { runtimeDir, agent } = startScene(t);
    agent.settle({ draining: true, count: { left: 2, drained: false } });
    const waiting = waitForDrained(runtimeDir, null);
    setTimeout(() => agent.settle(COMPLETE), 100);
    assert.equal((await waiting).drained, true);
  });

  test('returns how far it has come when the time is over', async (t) => {
    const { runtimeDir, agent } = startScene(t);
    agent.settle({ draining: true, count: { left: 2, drained: false } });
    const startedMs = performance.now();
    const view = await waitForDrained(runtimeDir, 200);
    const tookMs = performance.now() - startedMs;
    assert.deepEqual(view, {
      drained: false,
      draining: true,
      outcome: null,
      connectionsLeft: 2,
      scriptsPending: false,
      overriddenUntil: null,
    });
    assert.ok(tookMs >= 200 && tookMs < 1_500, `${tookMs} ms`);
  });

  test('returns at once when the drain timed out, also after a restart of the agent', async (t) => {
    const { runtimeDir, agent, server } = startScene(t);
    agent.settle({ draining: true, count: { left: 3, drained: false } });
    const waiting = waitForDrained(runtimeDir, 60_000);
    await asked(controlSocketPath(runtimeDir));
    await server.close();
    const next = startScene(t, runtimeDir);
    next.agent.settle(TIMED_OUT);
    const { drained, outcome, connectionsLeft } = await waiting;
    assert.deepEqual([drained, outcome, connectionsLeft], [false, 'timeout', 2]);
  });

  test('takes a connection that is cut for an agent that is being restarted, at the first question too', async (t) => {
    const runtimeDir = runtimeDirectory(t);
    const dying = createServer((socket) => socket.destroy()).listen(controlSocketPath(runtimeDir));
    const cut = once(dying, 'connection');
    const waiting = waitForDrained(runtimeDir, null);
    await cut;
    dying.close();
    startScene(t, runtimeDir).agent.settle(COMPLETE);
    assert.equal((await waiting).drained, true);
  });

  test('waits for the scripts of the outcome', async (t) => {
    const { runtimeDir, agent } = startScene(t);
    agent.scriptsPending = true;
    agent.settle(COMPLETE);
    const early = await waitForDrained(runtimeDir, 300);
    assert.deepEqual([early.drained, early.scriptsPending], [true, true]);
    const waiting = waitForDrained(runtimeDir, null);
    await asked(controlSocketPath(runtimeDir));
    agent.scriptsPending = false;
    agent.summaries.again();
    assert.equal((await waiting).scriptsPending, false);
  });

  test('ends when there is no agent, at once or five seconds after it went', async (t) => {
    const { runtimeDir, agent, server } = startScene(t);
    const wait = (): Promise<DrainView> => waitForDrained(runtimeDir, null);
    agent.settle();
    const waiting = wait();
    await asked(controlSocketPath(runtimeDir));
    const goneMs = performance.now();
    void server.close();
    await assert.rejects(waiting, AgentNotRunning);
    const tookMs = performance.now() - goneMs;
    assert.ok(tookMs >= 5_000 && tookMs < 8_000, `${tookMs} ms`);
    await assert.rejects(wait(), AgentNotRunning);
  });

  test('ends when its own time is over while there is no agent', async (t) => {
    const { runtimeDir, agent, server } = startScene(t);
    agent.settle({ draining: true });
    const waiting = waitForDrained(runtimeDir, 500);
    await asked(controlSocketPath(runtimeDir));
    void server.close();
    assert.equal((await waiting).drained, false);
  });
});

/** After this, whoever asked before has been answered: its connection was accepted first. */
async function asked(socketPath: string): Promise<void> {
  for (let exchange = 0; exchange < 2; exchange += 1) {
    const socket = connect(socketPath);
    socket.resume().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
  }
}

/** Something else listens where the agent would. */
async function standIn(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const runtimeDir = runtimeDirectory(t);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  server.listen(controlSocketPath(runtimeDir));
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return runtimeDir;
}

function http(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
