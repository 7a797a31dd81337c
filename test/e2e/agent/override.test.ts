// `override` and `simulate` with the built programs: what they change, and everything that ends them.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { AGENT, type AgentProcess, IS_REAL_ROOT } from '../../fixtures/programs.ts';
import { type HeldCommand, startCommand } from './held-command.ts';
import { Scene, stopsAtOnce } from './scene.ts';
import { says } from './scripted-api.ts';

const CLOSE = ['override', 'closed', '--for', '10m', '--reason', 'a rehearsal'];
const IN_FORCE = /in force until \S+Z: /;
const PORTS = '80 8000-8010';

describe('override', { concurrency: 4, timeout: 120_000 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`closed on a running instance closes the ports until ${signal}`, async (t) => {
      const { scene, agent } = await running(t);
      const held = await inForce(startCommand(scene, CLOSE));
      assert.equal(await scene.hasTable(), true);
      const began = await agent.log.waitFor('lease-began');
      assert.match(began.message ?? '', /new connections are to be refused until .*: a rehearsal$/);
      held.signal(signal);
      assert.equal(await held.ended, 0);
      assert.equal(await scene.hasTable(), false, 'confirmed is done');
      const { out, err } = held.printed();
      assert.match(
        out[0] ?? '',
        new RegExp(`^override closed in force until \\S+Z: new connections to ${PORTS} are refused$`),
      );
      assert.deepEqual(out.slice(1), [
        `override closed ended, given back: new connections to ${PORTS} are accepted`,
      ]);
      assert.deepEqual(err, []);
    });
  }

  it('ends with its time', async (t) => {
    const { scene } = await running(t);
    const held = startCommand(scene, ['override', 'closed', '--for', '1', '--reason', 'short']);
    assert.equal(await held.ended, 0);
    const { out } = held.printed();
    assert.match(out[0] ?? '', /are refused$/);
    assert.deepEqual(out.slice(1), [
      `override closed ended, its time is over: new connections to ${PORTS} are accepted`,
    ]);
    assert.equal(await scene.hasTable(), false);
  });

  it('ends at once when its command is killed', async (t) => {
    const { scene, agent } = await running(t);
    const held = await inForce(startCommand(scene, CLOSE));
    const from = agent.log.lines.length;
    held.signal('SIGKILL');
    await agent.log.waitFor('table-removed', from, 1_000);
    assert.equal(await scene.hasTable(), false);
  });

  it('ends with its time when its command stands still', async (t) => {
    const { scene, agent } = await running(t);
    const held = await inForce(
      startCommand(scene, ['override', 'closed', '--for', '2s', '--reason', 'stopped']),
    );
    held.signal('SIGSTOP');
    await agent.log.waitFor('table-removed');
    held.signal('SIGCONT');
    assert.equal(await held.ended, 0);
  });

  it('open during a drain opens the ports, and the drain goes on at its end', async (t) => {
    const { scene, agent } = await running(t);
    scene.api.reply = says('draining');
    await agent.log.waitFor('table-installed');
    const held = await inForce(
      startCommand(scene, ['override', 'open', '--for', '1h', '--reason', 'too early']),
    );
    assert.match(held.printed().out[0] ?? '', new RegExp(`new connections to ${PORTS} are accepted$`));
    assert.equal(await scene.hasTable(), false);
    await scene.api.further(2);
    assert.equal(await scene.hasTable(), false, 'polls do not close them');
    held.signal('SIGINT');
    assert.equal(await held.ended, 0);
    assert.equal(await scene.hasTable(), true);
    assert.match(held.printed().out[1] ?? '', new RegExp(`new connections to ${PORTS} are refused$`));
  });

  it('is known to the scripts that run meanwhile', async (t) => {
    const { scene, agent } = await running(t);
    const seen = scene.path('seen');
    scene.script('draining', '10-a', `env | grep ^CS_ > ${seen}`);
    await inForce(startCommand(scene, ['override', 'open', '--for', '1h', '--reason', 'not now, please']));
    scene.api.reply = says('draining');
    await agent.log.waitFor('hook-completed');
    const env = readFileSync(seen, 'utf8');
    assert.match(env, /^CS_OVERRIDE=open$/m);
    assert.match(env, /^CS_OVERRIDE_REASON=not now, please$/m);
    assert.match(env, /^CS_SIMULATED=false$/m);
    assert.equal(await scene.hasTable(), false);
  });

  it('does not outlive the agent: killed and started again, it opens the ports before the API is heard', async (t) => {
    const { scene, agent } = await running(t);
    const held = await inForce(startCommand(scene, CLOSE));
    await agent.kill();
    assert.equal(await held.ended, 6);
    assert.deepEqual(held.printed().err, ['cs-instance-watcher: override: the agent has ended']);
    assert.equal(await scene.hasTable(), true, 'nobody is there to open them');
    scene.api.reply = (request) => void request.socket.resetAndDestroy();
    const next = scene.start();
    await next.log.waitFor('table-removed');
    assert.equal(await scene.hasTable(), false);
    const again = await inForce(startCommand(scene, CLOSE));
    again.signal('SIGINT');
    assert.equal(await again.ended, 0, 'the leftover of the dead agent is no obstacle');
  });

  it('does not outlive the agent: stopped, it opens the ports', async (t) => {
    const { scene, agent } = await running(t);
    const held = await inForce(startCommand(scene, CLOSE));
    await stopsAtOnce(agent);
    assert.equal(await held.ended, 6);
    assert.equal(await scene.hasTable(), false);
    assert.deepEqual(
      agent.log.lines.slice(-3).map(({ event }) => event),
      ['lease-ended', 'table-removed', 'stopped'],
    );
    assert.equal(existsSync(scene.path('run/control.sock')), false);
  });

  it('keeps a drain of the API closed when the agent is stopped', async (t) => {
    const { scene, agent } = await running(t);
    scene.api.reply = says('draining');
    await agent.log.waitFor('table-installed');
    const held = await inForce(startCommand(scene, CLOSE));
    await stopsAtOnce(agent);
    assert.equal(await held.ended, 6);
    assert.equal(await scene.hasTable(), true);
  });

  it('is one at a time: the second is told who holds it', async (t) => {
    const { scene } = await running(t);
    await inForce(startCommand(scene, CLOSE));
    for (const second of [
      startCommand(scene, ['override', 'open', '--for', '5', '--reason', 'mine']),
      startCommand(scene, ['simulate', 'draining', '--for', '5']),
    ]) {
      assert.equal(await second.ended, 75);
      const { out, err } = second.printed();
      assert.deepEqual(out, []);
      assert.match(
        err.join('\n'),
        /^cs-instance-watcher: (override|simulate): override closed until \S+Z \(a rehearsal\) is in force, held by pid \d+ \(.+\): .*kill \d+$/,
      );
    }
    assert.equal(await scene.hasTable(), true);
  });

  it('needs an agent', async (t) => {
    const scene = await Scene.create(t);
    for (const args of [CLOSE, ['simulate', 'draining', '--for', '5']]) {
      const alone = startCommand(scene, args);
      assert.equal(await alone.ended, 6);
      assert.deepEqual(alone.printed().err, [
        `cs-instance-watcher: ${args[0]}: no agent runs: nothing listens on ${scene.path('run/control.sock')}`,
      ]);
    }
  });

  it("is root's: nobody else may open the socket", async (t) => {
    if (!IS_REAL_ROOT) return t.skip('needs real root: there is no other user to be');
    const { scene } = await running(t);
    assert.equal(statSync(scene.path('run/control.sock')).mode & 0o777, 0o600);
    const ordinary = ['--reuid=65534', '--clear-groups', '--', AGENT];
    const { status, stdout, stderr } = await scene.try('setpriv', [
      ...ordinary,
      ...CLOSE,
      '--runtime-dir',
      scene.path('run'),
    ]);
    assert.deepEqual(
      [status, stdout, stderr],
      [
        1,
        '',
        `cs-instance-watcher: override: ${scene.path('run/control.sock')}: permission denied; run it as root\n`,
      ],
    );
  });

  it('cannot reach an agent whose socket has something in its way, until that is gone', async (t) => {
    const scene = await Scene.create(t);
    const inTheWay = scene.path('run/control.sock');
    mkdirSync(inTheWay, { recursive: true });
    const agent = scene.start();
    const trouble = await agent.log.waitFor(
      (line) => line.event === 'degraded' && line.part === 'control socket',
    );
    assert.match(trouble.message ?? '', /control\.sock: something that is not a socket is in the way/);
    await scene.api.further(2);
    rmdirSync(inTheWay);
    await agent.log.waitFor((line) => line.event === 'recovered' && line.part === 'control socket');
    const held = await inForce(startCommand(scene, CLOSE));
    held.signal('SIGINT');
    assert.equal(await held.ended, 0);
  });
});

describe('simulate', { concurrency: 4, timeout: 60_000 }, () => {
  it('draining drains and runs its scripts, and at its end those of the state before', async (t) => {
    const scene = await Scene.create(t);
    const seen = scene.path('seen');
    for (const state of ['draining', 'running'])
      scene.script(state, '10-a', `echo "$1 $2 $CS_SIMULATED $CS_REASON $CS_OVERRIDE." >> ${seen}`);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    const held = await inForce(startCommand(scene, ['simulate', 'draining', '--for', '1h']));
    await agent.log.waitFor('hook-completed');
    assert.equal(await scene.hasTable(), true);
    const from = agent.log.lines.length;
    held.signal('SIGTERM');
    assert.equal(await held.ended, 0);
    await agent.log.waitFor('hook-completed', from);
    assert.equal(await scene.hasTable(), false);
    assert.equal(
      readFileSync(seen, 'utf8'),
      'draining running true simulation:draining .\nrunning draining false  .\n',
    );
    const { out } = held.printed();
    assert.match(
      out[0] ?? '',
      /^simulation of state draining in force until \S+Z: new connections to .* are refused$/,
    );
    assert.match(
      out[1] ?? '',
      /^simulation of state draining ended, given back: new connections to .* are accepted$/,
    );
  });

  it('that the agent ends with is over at the next start, for the scripts too', async (t) => {
    const scene = await Scene.create(t);
    const seen = scene.path('seen');
    for (const state of ['draining', 'running']) scene.script(state, '10-a', `echo "$1 $2" >> ${seen}`);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    const held = await inForce(startCommand(scene, ['simulate', 'draining', '--for', '1h']));
    await agent.log.waitFor('hook-completed');
    await stopsAtOnce(agent);
    assert.equal(await held.ended, 6);
    assert.equal(await scene.hasTable(), false);
    const next = scene.start();
    await next.log.waitFor('hook-completed');
    assert.equal(readFileSync(seen, 'utf8'), 'draining running\nrunning draining\n');
  });
});

async function running(t: TestContext): Promise<{ scene: Scene; agent: AgentProcess }> {
  const scene = await Scene.create(t);
  const agent = scene.start();
  await agent.log.waitFor('state-changed');
  return { scene, agent };
}

async function inForce(held: HeldCommand): Promise<HeldCommand> {
  await held.out
    .waitFor(({ message = '' }) => IN_FORCE.test(message))
    .catch((error: Error) => {
      throw new Error(`${error.message}\n${held.printed().err.join('\n')}`);
    });
  return held;
}
