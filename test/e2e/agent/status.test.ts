// `status` against the real thing: what it says of the kernel, of connections and of the agent is what is true.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { StatusDocument } from '../../../src/watcher/observe/status-document.ts';
import { Endpoint } from '../../fixtures/endpoint.ts';
import { LogLines } from '../../fixtures/log-lines.ts';
import { connect, createNamespace } from '../../fixtures/netns.ts';
import { AGENT, NO_OPTIONS } from '../../fixtures/programs.ts';
import { schemaProblems } from '../../unit/watcher/observe/status-facts.ts';
import { DRAINED_PORTS, Scene } from './scene.ts';
import { says } from './scripted-api.ts';

const INSTANCE_ADDRESS = '10.9.0.1';
const DEADLINE_MS = 15_000;
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

describe('status', { concurrency: 2, timeout: 120_000 }, () => {
  it('counts every SYN that is refused and every connection that is left, with their trend', async (t) => {
    const { scene, instance, client } = await hostWithClient(t);
    const leaver = new Endpoint(client.namespace);
    t.after(() => leaver.close());
    await instance.call('listen', [80, 8000]);
    const target = (port: number) => ({ host: INSTANCE_ADDRESS, port });
    for (const port of [80, 8000]) await client.call('connect', target(port));
    for (const port of [80, 80]) await leaver.call('connect', target(port));
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    const open = await status(scene);
    assert.equal(open.exit, 0);
    assert.deepEqual(portsOf(open.document), ['80 null 3', '8000-8010 null 1']);
    assert.equal(open.document.firewall.refusing, false);

    scene.api.reply = says('draining');
    await agent.log.waitFor('table-installed');
    const outcomes = await client.call('attempt', [80, 80, 80, 80, 80, 8000, 8010].map(target));
    assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['ECONNREFUSED']));
    const closed = await status(scene);
    assert.equal(closed.exit, 3);
    assert.deepEqual(portsOf(closed.document), ['80 5 3', '8000-8010 2 1']);
    assert.deepEqual([closed.document.firewall.refusing, closed.document.connections.total], [true, 4]);
    assert.equal(closed.document.instance.learnedFrom, new URL(scene.api.url).host);

    await leaver.close();
    const fewer = await statusUntil(scene, ({ connections }) => connections.total === 2);
    assert.deepEqual(
      [fewer.connections.trend, fewer.firewall.ports.map(({ trend }) => trend)],
      [-2, [-2, 0]],
    );
    const { stdout, status: exit } = await scene.program(['status', ...directories(scene)]);
    assert.equal(exit, 3);
    assert.match(
      stdout.replace(/\s+/g, ' '),
      /^DRAINING new connections to 80 8000-8010 are refused; 2 left \(-2 in \d+ s\) /,
    );
    assert.ok(!stdout.includes('\x1b'));
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 80) && stdout.split('\n').length <= 24,
      stdout,
    );

    await client.close();
    const drained = await statusUntil(scene, ({ condition }) => condition === 'drained');
    assert.deepEqual([drained.drain?.outcome, drained.connections.total], ['complete', 0]);
    assert.equal((await status(scene)).exit, 4);
  });

  it('tells what the kernel has, not what the agent believes, also of an agent that does not answer', async (t) => {
    const scene = await Scene.create(t);
    scene.api.reply = says('draining');
    const agent = scene.start(['--table-ownership', 'plain']);
    await agent.log.waitFor('table-installed');
    agent.signal('SIGSTOP');
    await scene.namespace.run('nft', ['delete', 'table', 'inet', 'cs-instance-watcher']);
    const { exit, document } = await status(scene);
    agent.signal('SIGCONT');
    assert.deepEqual([exit, document.firewall.table, document.firewall.refusing], [6, 'absent', false]);
    assert.deepEqual([document.agent, document.pid], ['unresponsive', agent.pid]);
    assert.equal(document.troubles[0]?.part, 'agent');
    assert.match(document.troubles[0]?.problem ?? '', /has not answered within/);

    await agent.log.waitFor('table-restored');
    const restored = await status(scene);
    assert.deepEqual([restored.exit, restored.document.firewall.restorations], [3, 1]);
    assert.deepEqual(
      [restored.document.firewall.refusing, restored.document.firewall.ownership],
      [true, 'plain'],
    );
    // Beside it the poll may be told that was under way when it was stopped.
    const told = restored.document.errors.map(({ message }) => message);
    assert.ok(
      told.some((message) => /^the table was gone, by nft .*put back/.test(message)),
      told.join('\n'),
    );
  });

  it('shows an API that is down as a hold, and scripts with their results', async (t) => {
    const scene = await Scene.create(t);
    const done = scene.script('draining', '10-done', 'exit 0');
    const failed = scene.script('draining', '20-failed', 'exit 3');
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    const { change } = await agent.log.waitFor('hook-completed');
    scene.api.reply = (request) => void request.socket.resetAndDestroy();
    await agent.log.waitFor('hold-began');
    const { exit, document } = await status(scene);
    // Nothing is degraded yet; whether two zeros were counted by now is a matter of a second.
    assert.ok(exit === 3 || exit === 4, JSON.stringify(document));
    assert.match(document.polls?.hold?.message ?? '', /ECONNRESET|socket hang up/);
    assert.notEqual(document.polls?.lastResult, 'known');
    assert.equal(document.polls?.periodSeconds, 1);
    const run = document.hooks.find(({ to }) => to === 'draining');
    assert.deepEqual([run?.change, run?.to, run?.result], [change, 'draining', 'failed']);
    assert.deepEqual(
      run?.scripts.map(({ path, result }) => [path, result]),
      [
        [done, 'exit status 0'],
        [failed, 'exit status 3'],
      ],
    );
    assert.ok(
      document.errors.some(({ level, message }) => level === 'error' && message.includes('20-failed')),
    );
  });

  it('without an agent it says so, and tells what the kernel and the record have', async (t) => {
    const { scene, instance, client } = await hostWithClient(t);
    await instance.call('listen', [80]);
    await client.call('connect', { host: INSTANCE_ADDRESS, port: 80 });
    const before = await status(scene);
    assert.deepEqual([before.exit, before.document.firewall.table], [6, 'absent']);
    assert.equal(before.document.instance.state, null);

    scene.api.reply = says('draining');
    const agent = scene.start();
    await agent.log.waitFor('table-installed');
    await agent.log.waitFor('state-changed');
    await agent.kill();
    await client.call('attempt', [{ host: INSTANCE_ADDRESS, port: 80 }]);
    const ruleset = await scene.ruleset();
    const { exit, document } = await status(scene);
    assert.deepEqual([exit, document.agent, document.condition], [6, 'down', 'down']);
    assert.equal(document.firewall.refusing, true);
    assert.deepEqual(portsOf(document), ['80 1 1', '8000-8010 0 0']);
    assert.deepEqual(
      [document.instance.state, document.instance.learnedFrom],
      ['draining', 'the record of this boot'],
    );
    assert.deepEqual(
      document.reasons.map(({ source, detail }) => `${source} ${detail}`),
      ['state draining'],
    );
    const { stdout } = await scene.program(['status', ...directories(scene)]);
    assert.match(
      stdout.replace(/\s+/g, ' '),
      /^DOWN no agent runs here; new connections to 80 8000-8010 are refused all the same; 1 left/,
    );
    assert.match(stdout, /cs-instance-watcher cleanup/);
    assert.equal(await scene.ruleset(), ruleset, 'it only reads');
  });

  it('a degraded agent is degraded whatever its state', async (t) => {
    const scene = await Scene.create(t);
    await scene.namespace.run('nft', ['add', 'table', 'inet', 'cs-instance-watcher']);
    scene.api.reply = says('draining');
    const agent = scene.start();
    await agent.log.waitFor('degraded');
    await agent.log.waitFor('state-changed');
    const { exit, document } = await status(scene);
    assert.deepEqual([exit, document.condition, document.firewall.table], [5, 'degraded', 'foreign']);
    assert.equal(document.firewall.refusing, false);
    assert.equal(document.troubles[0]?.part, 'firewall');
    const { stdout } = await scene.program(['status', ...directories(scene)]);
    assert.match(stdout, /^DEGRADED {2}new connections to 80 8000-8010 are NOT refused/);
  });

  it('without the right to read the table it says what it does not know', async (t) => {
    const scene = await Scene.create(t);
    const outcome = await scene.try('setpriv', [
      '--bounding-set=-all',
      AGENT,
      'status',
      '--json',
      ...directories(scene),
    ]);
    assert.equal(outcome.status, 6, outcome.stderr);
    const document = JSON.parse(outcome.stdout) as StatusDocument;
    assert.deepEqual([document.firewall.table, document.firewall.refusing], ['unknown', null]);
    assert.match(document.firewall.problem ?? '', /not permitted|CAP_NET_ADMIN/);
    assert.deepEqual(schemaProblems(document), []);
  });

  for (const [what, end] of [
    ['Ctrl-C', (terminal: Terminal) => terminal.type('\x03')],
    ['SIGTERM', (terminal: Terminal) => terminal.signalProgram('SIGTERM')],
  ] as const) {
    it(`--watch redraws a terminal in place and gives it back: ${what}`, async (t) => {
      const scene = await Scene.create(t);
      const agent = scene.start();
      await agent.log.waitFor('state-changed');
      const terminal = new Terminal(scene, ['status', '--watch', '0.5', ...directories(scene)]);
      t.after(() => terminal.kill());
      await terminal.shows('OPEN');
      scene.api.reply = says('draining');
      await terminal.shows('DRAINING');
      await end(terminal);
      assert.equal(await terminal.ended, 0, terminal.output);
      assert.ok(terminal.output.startsWith(ENTER), JSON.stringify(terminal.output.slice(0, 80)));
      assert.ok(terminal.output.trimEnd().endsWith(LEAVE), JSON.stringify(terminal.output.slice(-80)));
      assert.equal(terminal.output.split(ENTER).length, 2);
    });
  }

  it('--watch --json prints one document a line, and goes on when the agent ends', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    const child = scene.namespace.spawn(
      AGENT,
      ['status', '--json', '--watch', '0.5', ...directories(scene)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH ?? '', CS_CONFIG: NO_OPTIONS },
      },
    );
    t.after(() => child.kill('SIGKILL'));
    const closed = once(child, 'close');
    const lines = new LogLines(child.stdout!);
    await lines.waitFor(({ condition }) => condition === 'open');
    await agent.stop();
    const down = await lines.waitFor(({ condition }) => condition === 'down');
    assert.deepEqual(schemaProblems(down), []);
    child.kill('SIGINT');
    assert.deepEqual((await closed)[0], 0);
  });

  it('--watch ends when nobody reads it any more', async (t) => {
    const scene = await Scene.create(t);
    const watch = [AGENT, 'status', '--watch', '0.5', ...directories(scene)].join(' ');
    const outcome = await scene.try('bash', ['-c', `set -o pipefail; ${watch} | head -n 1`]);
    assert.deepEqual([outcome.status, outcome.stderr], [0, '']);
    assert.match(outcome.stdout, /^DOWN {6}no agent runs here; new connections are accepted\n$/);
  });

  for (const [args, complaint] of [
    [['status', 'now'], 'too many arguments. Expected 0 arguments but got 1: now.'],
    [['status', '--watch', 'often'], 'status: --watch often: expected seconds from 0.5 to 3600'],
    [['status', '--watch', '0'], 'status: --watch 0: expected seconds from 0.5 to 3600'],
  ] as const) {
    it(`refuses ${args.join(' ')}`, async (t) => {
      const scene = await Scene.create(t);
      const { status: exit, stdout, stderr } = await scene.program(args);
      assert.deepEqual([exit, stdout, stderr], [2, '', `cs-instance-watcher: ${complaint}\n`]);
    });
  }
});

/** The program under a terminal of 80 columns and 24 rows, made by script(1). */
class Terminal {
  output = '';
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #pidFile: string;
  #changed = Promise.withResolvers<void>();

  constructor(scene: Scene, args: readonly string[]) {
    this.#pidFile = scene.path('watch.pid');
    const command = `stty columns 80 rows 24; echo $$ > ${this.#pidFile}; exec ${[AGENT, ...args].join(' ')}`;
    this.#child = scene.namespace.spawn('script', ['-qfec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH ?? '', TERM: 'xterm', SHELL: '/bin/sh', CS_CONFIG: NO_OPTIONS },
    });
    this.#child.stdout!.on('data', (data) => {
      this.output += String(data);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
    this.ended = once(this.#child, 'close').then(([status]) => status as number | null);
  }

  /** Waits until the text has been on the screen. */
  async shows(wanted: string): Promise<void> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const late = once(deadline, 'abort');
    while (!this.output.includes(wanted)) {
      await Promise.race([this.#changed.promise, late]);
      if (deadline.aborted) throw new Error(`no ${wanted} in time: ${JSON.stringify(this.output)}`);
    }
  }

  /** What a person types. */
  type(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  signalProgram(name: NodeJS.Signals): void {
    process.kill(Number(readFileSync(this.#pidFile, 'utf8')), name);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** A scene whose namespace a client can reach from outside: what goes over loopback is never refused. */
async function hostWithClient(
  t: TestContext,
): Promise<{ scene: Scene; instance: Endpoint; client: Endpoint }> {
  const outside = await createNamespace();
  t.after(() => outside.close());
  const scene = await Scene.create(t);
  await connect(
    { namespace: scene.namespace, device: 'eth0', addresses: [`${INSTANCE_ADDRESS}/24`] },
    { namespace: outside, device: 'eth0', addresses: ['10.9.0.2/24'] },
  );
  const [instance, client] = [new Endpoint(scene.namespace), new Endpoint(outside)];
  t.after(() => Promise.all([instance.close(), client.close()]));
  return { scene, instance, client };
}

function directories(scene: Scene): string[] {
  return ['--runtime-dir', scene.path('run'), '--state-dir', scene.path('state')];
}

/** One `status --json`, held to the published schema. */
async function status(scene: Scene): Promise<{ exit: number | null; document: StatusDocument }> {
  const outcome = await scene.program(['status', '--json', ...directories(scene)], {
    CS_ON_DRAINING_BLOCK_NEW_CONNECTIONS_TO_PORTS: DRAINED_PORTS.join(' '),
  });
  assert.equal(outcome.stderr, '');
  const document = JSON.parse(outcome.stdout) as StatusDocument;
  assert.deepEqual(schemaProblems(document), []);
  return { exit: outcome.status, document };
}

/** Asks until the document is as wanted; fails after the deadline. */
async function statusUntil(
  scene: Scene,
  isWanted: (document: StatusDocument) => boolean,
): Promise<StatusDocument> {
  const endsAtMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const { document } = await status(scene);
    if (isWanted(document)) return document;
    if (performance.now() > endsAtMs) throw new Error(`not in time: ${JSON.stringify(document)}`);
  }
}

/** Each range with its refused SYNs and its connections. */
function portsOf({ firewall }: StatusDocument): string[] {
  return firewall.ports.map(({ range, refused, connections }) => `${range} ${refused} ${connections}`);
}
