// The metrics of the built agent, and what the alert rules make of its drains: silent while all is well, and otherwise the
// alerts meant for what went wrong. One second is one minute to the rules: test/fixtures/monitoring/scrapes.ts.
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseExposition, sampleValue } from '../../fixtures/exposition.ts';
import { promtool, promtoolOver } from '../../fixtures/monitoring/promtool.ts';
import { ruleTest, type Scrape } from '../../fixtures/monitoring/scrapes.ts';
import { askEverySecond } from '../../fixtures/programs.ts';
import { METRICS_ADDRESS, RecordedDrain, recordCleanDrain, SERVED_PORT } from './recorded-drains.ts';
import { complaints, CREDENTIALS, Scene, stopsAtOnce } from './scene.ts';
import { answer } from './scripted-api.ts';

const PREFIX = 'cs_instance_watcher_';

/** Fails unless exactly these alerts have fired by the last scrape. */
async function alertsFired(scrapes: readonly Scrape[], alerts: readonly string[]): Promise<void> {
  await promtoolOver(ruleTest(scrapes, alerts), 'test', 'rules');
}

/** A metric over the scrapes; undefined where it had no sample. */
function overTime(scrapes: readonly Scrape[], name: string, labels = {}): (number | undefined)[] {
  return scrapes.map(({ text }) => sampleValue(text ?? '', `${PREFIX}${name}`, labels));
}

/** Of all series of a metric. */
function sumOf({ text }: Scrape, name: string): number {
  const family = parseExposition(text ?? '').find((one) => one.name === `${PREFIX}${name}`);
  return (family?.samples ?? []).reduce((sum, { value }) => sum + value, 0);
}

function withoutRepeats<T>(values: readonly T[]): T[] {
  return values.filter((value, i) => i === 0 || value !== values[i - 1]);
}

describe('alerts on recorded drains', { concurrency: true, timeout: 120_000 }, () => {
  it('a clean drain raises none, and its metrics tell its story', async (t) => {
    const scrapes = await recordCleanDrain(t);
    await alertsFired(scrapes, []);
    const told = (name: string, labels = {}) => withoutRepeats(overTime(scrapes, name, labels));
    assert.deepEqual(told('state', { state: 'draining' }), [undefined, 1, undefined]);
    assert.deepEqual(told('draining'), [0, 1, 0]);
    assert.deepEqual(told('table_installed'), [0, 1, 0]);
    assert.deepEqual(told('connections_left'), [undefined, 1, 0, undefined]);
    assert.deepEqual(told('drain_outcome', { outcome: 'complete' }), [undefined, 0, 1, undefined]);
    assert.deepEqual(told('degraded'), [0]);
    const refused = overTime(scrapes, 'refused_syns_total', { range: '8000-8010' });
    assert.equal(refused.at(-1), 4, 'every attempt is counted, and the count outlives the table');
    const polls = overTime(scrapes, 'polls_total', { result: 'known' }) as number[];
    assert.ok(polls.at(-1)! >= scrapes.length / 2, `${polls.at(-1)} polls in ${scrapes.length} s`);
    for (const counter of [refused.filter((count) => count !== undefined), polls])
      assert.deepEqual(
        counter,
        counter.toSorted((a, b) => a - b),
        'a counter went backwards',
      );
  });

  it('one that times out raises that, and its failing script', async (t) => {
    const recorded = await RecordedDrain.start(t, ['--drain-timeout', '3'], (scene) =>
      scene.script('drained', '10-fails', 'exit 3'),
    );
    await recorded.connect();
    await recorded.further(2);
    await recorded.drain();
    await recorded.agent.log.waitFor('drain-timeout');
    await recorded.further(4);
    // In a user namespace the root directory is not uid 0's, and no script may run.
    const ofScript = statSync('/').uid === 0 ? 'CsInstanceWatcherHookFailed' : 'CsInstanceWatcherHookRefused';
    await alertsFired(recorded.scrapes, ['CsInstanceWatcherDrainTimedOut', ofScript]);
    assert.equal(overTime(recorded.scrapes, 'connections_left').at(-1), 1);
  });

  it('a table that nft removes again and again raises that, by command', async (t) => {
    const recorded = await RecordedDrain.start(t, ['--table-ownership', 'plain']);
    await recorded.further(1);
    await recorded.drain();
    await recorded.further(1);
    const { scene, agent } = recorded;
    for (let i = 0; i < 8; i++) {
      const from = agent.log.lines.length;
      await scene.namespace.run('nft', ['delete', 'table', 'inet', 'cs-instance-watcher']);
      await agent.log.waitFor('table-restored', from);
      await recorded.further(1);
    }
    await alertsFired(recorded.scrapes, ['CsInstanceWatcherTableFoughtOver']);
    const restorations = { command: 'nft' };
    assert.equal(overTime(recorded.scrapes, 'table_restorations_total', restorations).at(-1), 8);
  });

  it('an API that is down raises that it is not known what to do; an agent that is gone, that', async (t) => {
    const recorded = await RecordedDrain.start(t);
    await recorded.further(2);
    recorded.scene.api.reply = answer(503, 'down for maintenance');
    await recorded.agent.log.waitFor('hold-began');
    await recorded.further(13);
    await alertsFired(recorded.scrapes, ['CsInstanceWatcherNoKnownAnswer']);
    assert.ok(overTime(recorded.scrapes, 'polls_total', { result: 'http-5xx' }).at(-1)! >= 10);
    const { length } = complaints(recorded.agent);
    assert.equal(sumOf(recorded.scrapes.at(-1)!, 'log_lines_total'), length);
    await recorded.agent.kill();
    await recorded.further(8);
    await alertsFired(recorded.scrapes, ['CsInstanceWatcherDown', 'CsInstanceWatcherNoKnownAnswer']);
  });
});

describe('--metrics-listen', { concurrency: true, timeout: 60_000 }, () => {
  const get = (scene: Scene, address: string, path = '/metrics') =>
    scene.try('curl', [
      '--silent',
      '--fail',
      '--retry',
      '10',
      '--retry-delay',
      '1',
      '--retry-connrefused',
      `http://${address}${path}`,
    ]);

  it('answers in a form that promtool accepts', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start(['--metrics-listen', METRICS_ADDRESS]);
    await agent.log.waitFor('polled');
    const { stdout } = await get(scene, METRICS_ADDRESS);
    assert.ok(parseExposition(stdout).length > 40);
    await promtool(['check', 'metrics'], stdout);
    const elsewhere = await scene.try('curl', ['--silent', '--fail', `http://${METRICS_ADDRESS}/`]);
    assert.equal(elsewhere.status, 22, 'nothing but /metrics is served');
    await stopsAtOnce(agent);
  });

  it('is not needed to read them on the host: the control socket has them', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start();
    await agent.log.waitFor('polled');
    const socket = scene.path('run/control.sock');
    const { status, stdout } = await scene.try('curl', [
      ...['--silent', '--fail', '--unix-socket', socket],
      'http://localhost/metrics',
    ]);
    assert.equal(status, 0);
    assert.equal(sampleValue(stdout, `${PREFIX}configured_ranges`), 2);
    assert.equal((await scene.try('curl', ['--silent', `http://${METRICS_ADDRESS}/metrics`])).status, 7);
  });

  it('follows a reload: elsewhere, then nowhere', async (t) => {
    const scene = await Scene.create(t);
    const config = scene.path('config.json');
    const configure = (metrics: object): void =>
      writeFileSync(
        config,
        JSON.stringify({ on_draining_block_new_connections_to_ports: [SERVED_PORT], ...metrics }),
      );
    configure({ metrics_listen: '127.0.0.1:9101' });
    const agent = scene.startWith(['--config', config, ...askEverySecond(scene.api)], { env: CREDENTIALS });
    assert.equal((await get(scene, '127.0.0.1:9101')).status, 0);
    configure({ metrics_listen: '127.0.0.1:9102' });
    agent.signal('SIGHUP');
    assert.equal((await get(scene, '127.0.0.1:9102')).status, 0);
    assert.equal((await scene.try('curl', ['--silent', 'http://127.0.0.1:9101/metrics'])).status, 7);
    const from = agent.log.lines.length;
    configure({});
    agent.signal('SIGHUP');
    await agent.log.waitFor('polled', from);
    assert.equal((await scene.try('curl', ['--silent', 'http://127.0.0.1:9102/metrics'])).status, 7);
  });

  it('an address that is taken is a trouble of its own, and of nothing else', async (t) => {
    const scene = await Scene.create(t, 1);
    const taken = `127.0.0.1:${scene.listeners[0]!.port}`;
    const agent = scene.start(['--metrics-listen', taken]);
    const told = await agent.log.waitFor('degraded');
    assert.equal(told.part, 'metrics listener');
    assert.match(String(told.message), /another program listens there/);
    await scene.api.further(2);
    assert.equal(agent.log.of('degraded').length, 1);
  });
});
