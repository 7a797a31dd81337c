// The running agent as a process: one at a time, reloaded, ended, and what it writes where.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { Endpoint } from '../../fixtures/endpoint.ts';
import { AGENT, INSTANCE_ID, REGION } from '../../fixtures/programs.ts';
import { receiveNotifications } from './notify-socket.ts';
import { complaints, CREDENTIALS, Scene, stopsAtOnce } from './scene.ts';
import { says } from './scripted-api.ts';

describe('one agent', { concurrency: 4, timeout: 60_000 }, () => {
  it('a second one exits with 75, names the first, and changes nothing', async (t) => {
    const scene = await Scene.create(t);
    scene.api.reply = says('draining');
    const first = scene.start();
    await first.log.waitFor('table-installed');
    const before = await scene.ruleset();
    const second = scene.start(['--on-draining-block-new-connections-to-ports', '9999']);
    assert.equal(await second.ended, 75);
    const [line, ...more] = second.log.lines;
    assert.equal(line?.event, 'locked');
    assert.match(
      String(line?.message),
      new RegExp(
        `^another agent \\(pid ${first.pid}\\) holds ${scene.path('run/lock')}: systemctl status .*or use --dry-run beside it$`,
      ),
    );
    assert.deepEqual(more, []);
    const cleanup = await scene.program([
      'cleanup',
      '--runtime-dir',
      scene.path('run'),
      '--state-dir',
      scene.path('state'),
    ]);
    assert.equal(cleanup.status, 75);
    assert.match(cleanup.stderr, new RegExp(`pid ${first.pid}.*stop it first\n$`));
    assert.equal(await scene.ruleset(), before);
    await scene.api.further(1);
    assert.deepEqual(complaints(first), []);
  });

  it('starts without the record of another instance than the one that is named, and says so', async (t) => {
    const scene = await Scene.create(t);
    scene.api.reply = says('draining');
    const first = scene.start();
    await first.log.waitFor('table-installed');
    await stopsAtOnce(first);
    const path = scene.path('state/record.json');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(INSTANCE_ID, 'i-00000000'));
    const second = scene.start();
    const ignored = await second.log.waitFor('record-ignored');
    assert.equal(
      ignored.message,
      `${path} is of i-00000000, not of ${INSTANCE_ID} (--instance-id), starting without it`,
    );
    assert.equal((await second.log.waitFor('state-changed')).from, null);
  });

  it('ended while draining keeps the ports closed, says how to open them, and cleanup does', async (t) => {
    const scene = await Scene.create(t);
    scene.api.reply = says('draining');
    const agent = scene.start();
    await agent.log.waitFor('table-installed');
    const before = await scene.hasTable();
    await stopsAtOnce(agent);
    assert.deepEqual([before, await scene.hasTable()], [true, true]);
    const last = String(agent.log.lines.at(-1)?.message);
    const command = /^stopped; new connections stay refused, to open the ports: (.+)$/.exec(last)?.[1];
    assert.ok(command !== undefined, last);
    // What a person would paste.
    const cleanup = await scene.try('sh', ['-c', command]);
    assert.deepEqual([cleanup.status, cleanup.stderr], [0, '']);
    assert.equal(await scene.hasTable(), false);
    assert.equal((await scene.program(['cleanup', '--runtime-dir', scene.path('run')])).status, 0);
  });

  it('killed while draining, started while the API is down: the drain goes on from before', async (t) => {
    const scene = await Scene.create(t);
    scene.api.reply = says('draining');
    const first = scene.start();
    await first.log.waitFor('table-installed');
    await first.kill();
    scene.api.reply = (request) => void request.socket.resetAndDestroy();
    const second = scene.start();
    await second.log.waitFor('hold-began');
    assert.equal(await scene.hasTable(), true);
    scene.api.reply = says('running');
    await second.log.waitFor('table-removed');
    assert.equal(await scene.hasTable(), false);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} during a poll that hangs ends it within a second`, async (t) => {
      const scene = await Scene.create(t);
      scene.api.reply = () => {};
      const agent = scene.start();
      if (scene.api.polls.length === 0) await scene.api.further(1);
      const startedMs = performance.now();
      agent.signal(signal);
      assert.equal(await agent.ended, 0);
      assert.ok(performance.now() - startedMs < 1_000);
    });
  }

  it('SIGTERM while a script runs ends the script, and the next start tells of it', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-slow', 'echo begun; sleep 60; echo never');
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await agent.log.waitFor('hook-line');
    await stopsAtOnce(agent);
    const finished = agent.log.of('hook-finished')[0];
    assert.equal(finished?.signal, 'SIGTERM');
    assert.equal(agent.log.of('hook-line').length, 1);
    const next = scene.start();
    await next.log.waitFor('hook-interrupted');
    await scene.api.further(2);
    assert.equal(next.log.of('hook-started').length, 0);
  });
});

describe('the service manager', { timeout: 60_000 }, () => {
  it('is told when the agent is ready, where it stands, and that it stops', async (t) => {
    const scene = await Scene.create(t);
    const path = scene.path('notify');
    const { lines, close } = await receiveNotifications(path);
    t.after(close);
    const agent = scene.start([], { env: { NOTIFY_SOCKET: path } });
    const told = (text: string) => lines.waitFor(({ message }) => message === text);
    await told('READY=1');
    await told('STATUS=waiting for the API');
    await told('STATUS=running');
    scene.api.reply = says('draining');
    await told('STATUS=draining; refusing new connections to 80 8000-8010; 0 connection(s) left');
    scene.api.reply = (request) => void request.socket.resetAndDestroy();
    await told(
      'STATUS=draining; refusing new connections to 80 8000-8010; 0 connection(s) left; no verdict, holding',
    );
    await stopsAtOnce(agent);
    await told('STOPPING=1');
    assert.deepEqual(
      lines.lines.slice(0, 2).map(({ message }) => message),
      ['READY=1', 'STATUS=waiting for the API'],
    );
  });
});

describe('SIGHUP', { concurrency: 4, timeout: 60_000 }, () => {
  it('with other ports while draining is one replacement: never open in between', async (t) => {
    const scene = await Scene.create(t);
    const endpoint = new Endpoint(scene.namespace);
    t.after(() => endpoint.close());
    await endpoint.call('listen', [80, 443]);
    const config = scene.path('config.json');
    writeFileSync(config, JSON.stringify({ on_draining_block_new_connections_to_ports: [80] }));
    scene.api.reply = says('draining');
    const agent = scene.startWith(configured(scene, config), { env: CREDENTIALS });
    await agent.log.waitFor('table-installed');
    const attempt = async (port: number) =>
      (await endpoint.call('attempt', [{ host: '127.0.0.1', port }]))[0]?.outcome;
    assert.deepEqual([await attempt(80), await attempt(443)], ['ECONNREFUSED', 'connected']);

    const monitor = scene.namespace.spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => monitor.kill('SIGKILL'));
    const generations: string[] = [];
    createInterface({ input: monitor.stdout! }).on('line', (line) => {
      if (line.startsWith('# new generation')) generations.push(line);
    });
    // A transaction of our own tells when the monitor listens.
    while (generations.length === 0)
      await scene.namespace.shell('nft add table ip probe; nft delete table ip probe; sleep 0.05');
    await scene.namespace.run('nft', ['add', 'table', 'ip', 'fence']);
    // The kernel names the thread that made a transaction; all but the agent's are of nft.
    const ours = (): number => generations.filter((line) => !line.endsWith('(nft)')).length;
    assert.equal(ours(), 0);

    await endpoint.call('startProbe', [{ host: '127.0.0.1', port: 80 }], 2);
    await endpoint.call('probed', 20);
    const from = agent.log.lines.length;
    writeFileSync(config, JSON.stringify({ on_draining_block_new_connections_to_ports: [80, 443] }));
    agent.signal('SIGHUP');
    const installed = await agent.log.waitFor('table-installed', from);
    assert.equal(installed.ports, '80 443');
    await endpoint.call('probed', 20);
    const outcomes = new Set((await endpoint.call('stopProbe')).map(({ outcome }) => outcome));
    assert.deepEqual([...outcomes], ['ECONNREFUSED']);
    assert.equal(await attempt(443), 'ECONNREFUSED');
    await scene.api.further(2);
    // The new sets are filled, the rules changed, the sets settled: the ports change in the second one.
    assert.equal(ours(), 3, `one replacement:\n${generations.join('\n')}`);
    const told = agent.log.lines.slice(from).map(({ event }) => event);
    assert.equal(told.filter((event) => event === 'table-installed').length, 1);
    assert.ok(!told.includes('table-removed') && !told.includes('table-restored'));
    assert.deepEqual(complaints(agent), []);
  });

  it('with a file that is wrong changes nothing and says so in one line', async (t) => {
    const scene = await Scene.create(t);
    const config = scene.path('config.json');
    writeFileSync(config, JSON.stringify({ on_draining_block_new_connections_to_ports: [80] }));
    scene.api.reply = says('draining');
    const agent = scene.startWith(configured(scene, config), { env: CREDENTIALS });
    await agent.log.waitFor('table-installed');
    const before = await scene.ruleset();
    writeFileSync(
      config,
      JSON.stringify({ on_draining_block_new_connections_to_ports: [443], force: 'maybe' }),
    );
    agent.signal('SIGHUP');
    const told = await agent.log.waitFor('configuration');
    assert.equal(told.level, 'error');
    assert.match(
      String(told.message),
      /^configuration not read again, nothing changed: .*config\.json: force: .*maybe/,
    );
    await scene.api.further(2);
    assert.equal(await scene.ruleset(), before);
    assert.deepEqual(complaints(agent), [told]);
    writeFileSync(config, JSON.stringify({ on_draining_block_new_connections_to_ports: [443] }));
    agent.signal('SIGHUP');
    await agent.log.waitFor(({ event, ports }) => event === 'table-installed' && ports === '443');
  });

  it('without ports any more opens them', async (t) => {
    const scene = await Scene.create(t);
    const config = scene.path('config.json');
    writeFileSync(config, JSON.stringify({ on_draining_block_new_connections_to_ports: [80] }));
    scene.api.reply = says('draining');
    const agent = scene.startWith(configured(scene, config), { env: CREDENTIALS });
    await agent.log.waitFor('table-installed');
    writeFileSync(config, '{}');
    agent.signal('SIGHUP');
    await agent.log.waitFor('table-removed');
    assert.equal(await scene.hasTable(), false);
  });
});

describe('--log-file', { concurrency: 4, timeout: 60_000 }, () => {
  it('takes every line, is rotated, and stderr stays empty', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start(['--log-file', scene.path('watcher.log'), '--log-file-rotate', 's,1,2']);
    // Every poll brings a line or two.
    for (const state of ['running', 'draining', 'running', 'draining', 'running', 'draining']) {
      scene.api.reply = says(state);
      await scene.api.further(1);
    }
    await scene.api.further(1);
    assert.equal(await agent.stop(), 0);
    assert.deepEqual(agent.log.lines, []);
    const files = readdirSync(scene.directory)
      .filter((name) => name.startsWith('watcher.log'))
      .sort();
    assert.ok(files.length >= 2 && files.length <= 3, `the file and its last two: ${files}`);
    assert.ok(
      files.slice(1).every((name) => /^watcher\.log\.\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/.test(name)),
      files.join(' '),
    );
    const lines = files.flatMap((name) => readFileSync(scene.path(name), 'utf8').trim().split('\n'));
    assert.ok(
      lines.map((line) => JSON.parse(line) as { event: string }).some(({ event }) => event === 'stopped'),
    );
    for (const secret of scene.secrets) assert.ok(!lines.join('\n').includes(secret));
  });

  it('that cannot be written is told on stderr, where the log goes on', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start(['--log-file', '/nonexistent/watcher.log']);
    await agent.log.waitFor(({ message }) =>
      /the log file \/nonexistent\/watcher\.log cannot be written \(ENOENT\): logging to stderr/.test(
        String(message),
      ),
    );
    await agent.log.waitFor('state-changed');
    await stopsAtOnce(agent);
  });

  it('a reader of stderr that goes away does not end the agent', async (t) => {
    const scene = await Scene.create(t);
    const config = scene.path('config.json');
    writeFileSync(config, JSON.stringify({ on_draining_block_new_connections_to_ports: [80] }));
    const directories = ['--state-dir', scene.path('state'), '--runtime-dir', scene.path('run')];
    const child = scene.namespace.spawn(AGENT, [...directories, ...configured(scene, config)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, ...CREDENTIALS },
    });
    const ended = once(child, 'close');
    child.stderr!.destroy();
    await scene.api.further(2);
    scene.api.reply = says('draining');
    await scene.api.further(2);
    assert.equal(await scene.hasTable(), true);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
});

/** Arguments that leave the ports to the configuration file. */
function configured(scene: Scene, config: string): string[] {
  const identity = ['--instance-id', INSTANCE_ID, '--region', REGION];
  return [
    '--config',
    config,
    '--api-url',
    scene.api.url,
    ...identity,
    '--api-polling-period',
    '1',
    '--include-loopback',
  ];
}
