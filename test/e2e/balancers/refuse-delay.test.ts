// --refuse-delay: balancers are told at once, and nobody is refused before the delay is over, whatever happens meanwhile.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { HealthDocument } from '../../../src/watcher/observe/health-document.ts';
import type { Attempt } from '../../fixtures/endpoint-program.ts';
import { DrainHost } from '../packets/drain-host.ts';
import { HOST, Network, SERVED } from '../packets/network.ts';
import { tally } from '../packets/open-windows.ts';

const HEALTH = `${HOST.v4}:9080`;
const LISTENERS = ['--health-listen', '9080', '--agent-check-listen', '9081'];
const TARGET = { host: HOST.v4, port: SERVED.web };
const WITHOUT_NET_ADMIN = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--'];

interface Told {
  readonly status: number;
  readonly document: HealthDocument;
  readonly agentCheck: string;
}

class Scene {
  readonly network: Network;
  readonly host: DrainHost;

  private constructor(network: Network, host: DrainHost) {
    this.network = network;
    this.host = host;
  }

  static async create(test: TestContext): Promise<Scene> {
    const network = await Network.create();
    test.after(() => network.close());
    const host = await DrainHost.create(network.host.namespace, 'plain');
    test.after(() => host.close());
    return new Scene(network, host);
  }

  /** Starts an agent with this delay and waits until it knows that the instance runs. */
  async start(delaySeconds: number, wrapper: readonly string[] = []): Promise<void> {
    this.launch(delaySeconds, wrapper);
    await this.host.agent.log.waitFor('state-changed');
  }

  launch(delaySeconds: number, wrapper: readonly string[] = []): void {
    const args = ['--refuse-delay', String(delaySeconds), ...LISTENERS];
    this.host.start({ args, wrapper });
  }

  /** What a balancer is told now; waits a moment for an agent that has just been started. */
  async asked(): Promise<Told> {
    const agentCheck = await this.#untilAccepted('bash', ['-c', `cat < /dev/tcp/${HOST.v4}/9081`]);
    const answer = await this.#untilAccepted('curl', ['-sS', '-w', '%{http_code}', HEALTH]);
    const [body = '', status] = answer.split('\n');
    return { status: Number(status), document: JSON.parse(body) as HealthDocument, agentCheck };
  }

  async #untilAccepted(command: string, args: readonly string[]): Promise<string> {
    const endsAt = performance.now() + 2_000;
    for (;;) {
      try {
        return await this.network.client.namespace.run(command, args);
      } catch (error) {
        if (performance.now() > endsAt) throw error;
      }
    }
  }

  /** Connects all the time, to one of the ports that a drain refuses. */
  async probe(): Promise<void> {
    await this.network.client.call('startProbe', [TARGET], 1);
    await this.network.client.call('probed', 20);
  }

  stopProbe(): Promise<readonly Attempt[]> {
    return this.network.client.call('stopProbe');
  }

  /** When the drain began and when the first connection was refused, in milliseconds; `since` is the recorded beginning. */
  async untilRefused(since: string): Promise<number> {
    await this.network.client.call('probedOutcome', 'ECONNREFUSED');
    return Date.now() - Date.parse(since);
  }
}

describe('--refuse-delay', { concurrency: 3, timeout: 60_000 }, () => {
  it('answers drain at once and refuses only when it is over', async (t) => {
    const scene = await Scene.create(t);
    await scene.start(3);
    const before = await scene.asked();
    assert.deepEqual(
      [before.status, before.document.state, before.agentCheck],
      [200, 'running', 'up ready\n'],
    );
    await scene.probe();
    await scene.host.setState('draining');
    await scene.host.agent.log.waitFor('refusing');
    const { status, document, agentCheck } = await scene.asked();
    assert.deepEqual([status, agentCheck], [503, 'drain\n']);
    const { since, refusesAt, ...rest } = document;
    assert.deepEqual(rest, {
      version: 1,
      draining: true,
      state: 'draining',
      refusing: false,
      reasons: ['state'],
    });
    assert.equal(Date.parse(refusesAt!) - Date.parse(since!), 3_000);
    const afterMs = await scene.untilRefused(since!);
    assert.ok(afterMs >= 2_990 && afterMs < 4_000, `refused after ${afterMs} ms`);
    await scene.network.client.call('probed', 20);
    const attempts = await scene.stopProbe();
    t.diagnostic(`${JSON.stringify(tally(attempts))}, the first refusal ${afterMs} ms after the drain began`);
    const firstRefused = attempts.findIndex(({ outcome }) => outcome !== 'connected');
    assert.ok(attempts.slice(firstRefused).every(({ outcome }) => outcome === 'ECONNREFUSED'));
    const after = await scene.asked();
    assert.deepEqual(
      [after.status, after.document.refusing, after.document.refusesAt, after.document.since],
      [503, true, null, since],
    );
  });

  it('killed in the middle and started with the API down: balancers never hear otherwise, and the delay is not begun anew', async (t) => {
    const scene = await Scene.create(t);
    await scene.start(5);
    await scene.probe();
    await scene.host.setState('draining');
    await scene.host.agent.log.waitFor('refusing');
    const { since } = (await scene.asked()).document;
    await scene.host.stopApi();
    const enough = join(scene.host.directory, 'asked-enough');
    // Every 20 ms, whether there is an agent or not.
    const asking = scene.network.client.namespace.shell(
      `for i in $(seq 500); do curl -s -o /dev/null -w '%{http_code}\\n' ${HEALTH} || :; [ -e ${enough} ] && break; sleep 0.02; done`,
    );
    await scene.host.agent.kill();
    scene.launch(5);
    const { log } = scene.host.agent;
    await log.waitFor('hold-began');
    assert.deepEqual((await scene.asked()).document.since, since);
    assert.equal(log.of('table-installed').length, 0, 'not before its time');
    const afterMs = await scene.untilRefused(since!);
    assert.ok(afterMs >= 4_990 && afterMs < 6_500, `refused after ${afterMs} ms`);
    writeFileSync(enough, '');
    const statuses = new Set((await asking).trim().split('\n'));
    assert.ok(statuses.delete('503'), 'it was asked');
    statuses.delete('000');
    assert.deepEqual([...statuses], [], 'nobody was told anything else');
    await scene.stopProbe();
  });

  it('a drain that ends within it refuses nobody', async (t) => {
    const scene = await Scene.create(t);
    await scene.start(4);
    await scene.probe();
    await scene.host.setState('draining');
    const { log } = scene.host.agent;
    const { time } = await log.waitFor('refusing');
    const mark = log.lines.length;
    await scene.host.setState('running');
    await log.waitFor('state-changed', mark);
    const { status, document, agentCheck } = await scene.asked();
    assert.deepEqual([status, document.draining, agentCheck], [200, false, 'up ready\n']);
    // Until well after the delay would have been over.
    while (Date.now() < Date.parse(String(time)) + 5_000) await scene.network.client.call('probed', 50);
    assert.deepEqual(Object.keys(tally(await scene.stopProbe())), ['connected']);
    assert.deepEqual([log.of('table-installed').length, await scene.host.hasTable()], [0, false]);
  });

  it('ended in the middle leaves the ports open; started after its end refuses at once, the API down', async (t) => {
    const scene = await Scene.create(t);
    await scene.start(3);
    await scene.host.setState('draining');
    await scene.host.agent.log.waitFor('refusing');
    const { refusesAt } = (await scene.asked()).document;
    await scene.host.stopApi();
    const beganMs = performance.now();
    assert.equal(await scene.host.agent.stop(), 0);
    assert.ok(performance.now() - beganMs < 1_500, 'it does not wait for the delay');
    assert.equal(await scene.host.hasTable(), false);
    await scene.probe();
    while (Date.now() < Date.parse(refusesAt!)) await scene.network.client.call('probed', 50);
    assert.deepEqual(Object.keys(tally(await scene.stopProbe())), ['connected']);
    scene.launch(3);
    const { log } = scene.host.agent;
    await log.waitFor('table-installed');
    const { status, document, agentCheck } = await scene.asked();
    assert.deepEqual([status, document.refusing, agentCheck], [503, true, 'drain\n']);
  });

  it('is part of the configuration that SIGHUP reads again, as are the listeners', async (t) => {
    const scene = await Scene.create(t);
    const file = join(scene.host.directory, 'agent.json');
    writeFileSync(
      file,
      JSON.stringify({ refuse_delay: 600, health_listen: '9080', agent_check_listen: '9081' }),
    );
    const { log } = scene.host.start({ args: ['--config', file] });
    await log.waitFor('state-changed');
    await scene.host.setState('draining');
    await log.waitFor('refusing');
    assert.equal((await scene.asked()).document.refusing, false);
    writeFileSync(file, JSON.stringify({ refuse_delay: 0, health_listen: '9080' }));
    scene.host.agent.signal('SIGHUP');
    await log.waitFor('table-installed');
    await assert.rejects(scene.asked(), /Connection refused/, 'the agent-check is closed');
  });

  it('balancers are told also when the kernel takes no table', async (t) => {
    const scene = await Scene.create(t);
    await scene.start(0, WITHOUT_NET_ADMIN);
    await scene.host.setState('draining');
    await scene.host.agent.log.waitFor('refusing');
    const { status, document, agentCheck } = await scene.asked();
    assert.deepEqual([status, document.refusing, agentCheck], [503, false, 'drain\n']);
  });
});

describe('the listeners', { concurrency: 2, timeout: 60_000 }, () => {
  it('are not opened by a dry run', async (t) => {
    const scene = await Scene.create(t);
    const { log } = scene.host.start({ args: ['--dry-run', ...LISTENERS] });
    await log.waitFor('state-changed');
    for (const port of [9080, 9081]) {
      const attempt = scene.network.client.namespace.run('bash', ['-c', `< /dev/tcp/${HOST.v4}/${port}`]);
      await assert.rejects(attempt, /Connection refused/);
    }
  });

  it('whose port is taken are lasting trouble, tried again, and no reason to end', async (t) => {
    const scene = await Scene.create(t);
    await scene.network.host.call('listen', [9080]);
    await scene.start(0);
    const { log } = scene.host.agent;
    const { part, message } = await log.waitFor('degraded');
    assert.equal(part, 'health listener');
    assert.match(message!, /another program listens there; tried again every 5 s$/);
    await scene.network.host.close();
    await log.waitFor('recovered');
    assert.equal((await scene.asked()).status, 200);
  });
});
