// `wait drained` with the built programs: when it returns, with what, and that a restart of the agent does not break it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { AgentProcess } from '../../fixtures/programs.ts';
import { startCommand } from './held-command.ts';
import { Scene, stopsAtOnce } from './scene.ts';
import { says } from './scripted-api.ts';

/** A connection to a drained port, over loopback, until its input ends. */
const CONNECTION = `
const server = require('node:net').createServer((socket) => socket.resume()).listen(8000, '127.0.0.1', () => {
  require('node:net').connect(8000, '127.0.0.1', () => console.log('connected'));
});
process.stdin.resume().on('end', () => process.exit(0));`;

describe('wait drained', { concurrency: 4, timeout: 120_000 }, () => {
  it('waits for a drain that has not begun, and returns when no connection is left', async (t) => {
    const { scene, agent } = await running(t);
    const connection = await connect(t, scene);
    const waiting = startCommand(scene, ['wait', 'drained', '--timeout', '60']);
    scene.api.reply = says('draining');
    await agent.log.waitFor(({ event, left }) => event === 'connections' && Number(left) > 0);
    assert.deepEqual(waiting.printed(), { out: [], err: [] });
    connection.end();
    assert.equal(await waiting.ended, 0);
    const { out, err } = waiting.printed();
    assert.match(out.join('\n'), /^drained: no connection is left, and no script runs \(waited \d+ s\)$/);
    assert.deepEqual(err, []);
    assert.equal((await soon(scene)).status, 0, 'drained already');
  });

  it('ends with 75 when its time is over, and says why', async (t) => {
    const { scene, agent } = await running(t);
    await connect(t, scene);
    assert.deepEqual(await soon(scene), notDrained('no drain has begun'));
    scene.api.reply = says('draining');
    await agent.log.waitFor('connections');
    assert.deepEqual(await soon(scene), notDrained('1 connection(s) left'));
  });

  it('ends with 75 at once when the drain has timed out: it is never drained', async (t) => {
    const { scene, agent } = await running(t, '--drain-timeout', '1');
    await connect(t, scene);
    const waiting = startCommand(scene, ['wait', 'drained', '--timeout', '60']);
    scene.api.reply = says('draining');
    await agent.log.waitFor('drain-timeout');
    assert.equal(await waiting.ended, 75);
    const { out, err } = waiting.printed();
    assert.deepEqual(out, []);
    assert.match(
      err.join('\n'),
      /timed out \(--drain-timeout\) with 1 connection\(s\) left, and will not be called drained$/,
    );
  });

  it('waits for the scripts in drained/, so that a host may be switched off after it', async (t) => {
    const { scene, agent } = await running(t);
    const ran = scene.path('ran');
    scene.script('drained', '10-slow', `sleep 3; touch ${ran}`);
    scene.api.reply = says('draining');
    await agent.log.waitFor('drained');
    const { status, stderr } = await soon(scene);
    assert.equal(status, 75);
    assert.match(stderr, /no connection is left; scripts still run$/m);
    const waiting = startCommand(scene, ['wait', 'drained', '--timeout', '60']);
    assert.equal(await waiting.ended, 0, waiting.printed().err.join('\n'));
    assert.ok(existsSync(ran), 'the script has ended');
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`goes on when the agent is restarted (${signal})`, async (t) => {
      const { scene, agent } = await running(t);
      const connection = await connect(t, scene);
      scene.api.reply = says('draining');
      await agent.log.waitFor('connections');
      const waiting = startCommand(scene, ['wait', 'drained', '--timeout', '60']);
      await asked(scene);
      agent.signal(signal);
      await agent.ended;
      const next = start(scene);
      await next.log.waitFor('connections');
      connection.end();
      assert.equal(await waiting.ended, 0, waiting.printed().err.join('\n'));
      assert.deepEqual(waiting.printed().err, []);
    });
  }

  it('ends with 6 when the agent ends and does not come back', async (t) => {
    const { scene, agent } = await running(t);
    const waiting = startCommand(scene, ['wait', 'drained']);
    await asked(scene);
    await stopsAtOnce(agent);
    const startedMs = performance.now();
    assert.equal(await waiting.ended, 6);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs > 3_000 && tookMs < 9_000, `${Math.round(tookMs)} ms`);
    assert.match(
      waiting.printed().err.join('\n'),
      /^cs-instance-watcher: wait: no agent runs: nothing listens on \S+$/,
    );
  });

  it('ends with 6 at once when there is no agent', async (t) => {
    const scene = await Scene.create(t);
    const { status, stderr } = await soon(scene);
    assert.equal(status, 6);
    assert.match(stderr, /no agent runs/);
  });

  it('returns for an override that closes the ports, too', async (t) => {
    const { scene } = await running(t);
    const held = startCommand(scene, ['override', 'closed', '--for', '1m', '--reason', 'x']);
    await held.out.waitFor(({ message = '' }) => message.includes('in force'));
    const waiting = startCommand(scene, ['wait', 'drained', '--timeout', '30']);
    assert.equal(await waiting.ended, 0);
    held.signal('SIGINT');
    assert.equal(await held.ended, 0);
  });
});

function start(scene: Scene, ...args: string[]): AgentProcess {
  return scene.start(['--include-loopback', ...args]);
}

async function running(t: TestContext, ...args: string[]): Promise<{ scene: Scene; agent: AgentProcess }> {
  const scene = await Scene.create(t);
  const agent = start(scene, ...args);
  await agent.log.waitFor('state-changed');
  return { scene, agent };
}

/** Opens a connection that a drain waits for. */
async function connect(t: TestContext, scene: Scene): Promise<{ end(): void }> {
  const child = scene.namespace.spawn(process.execPath, ['-e', CONNECTION], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return { end: () => child.stdin!.end() };
}

/** With a second to wait for. */
function soon(scene: Scene): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return scene.program(['wait', 'drained', '--timeout', '1', '--runtime-dir', scene.path('run')]);
}

function notDrained(why: string): { status: number; stdout: string; stderr: string } {
  return { status: 75, stdout: '', stderr: `cs-instance-watcher: wait: not drained after 1 s: ${why}\n` };
}

/** Resolves once a command waits for the agent's answer: its connection is there, and there again. */
async function asked(scene: Scene): Promise<void> {
  const socket = scene.path('run/control.sock');
  const endsAtMs = performance.now() + 15_000;
  for (let seen = 0; seen < 2; ) {
    assert.ok(performance.now() < endsAtMs, 'no command has asked the agent in time');
    const sockets = await scene.namespace.run('cat', ['/proc/net/unix']);
    // One is the socket that listens.
    seen = sockets.split('\n').filter((line) => line.endsWith(socket)).length > 1 ? seen + 1 : 0;
  }
}
