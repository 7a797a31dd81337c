import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { register } from 'prom-client';
import { FakeFirewall, FakeKernel } from '../../../../src/firewall/fake-firewall.ts';
import type { HookReport } from '../../../../src/watcher/hooks/hook-report.ts';
import { tellingLooks } from '../../../../src/watcher/observe/metrics-firewall.ts';
import { createMetrics } from '../../../../src/watcher/observe/metrics.ts';
import { parseExposition, sampleValue } from '../../../fixtures/exposition.ts';
import { busyScene, MetricsScene, NOW_MS, RULESET, SETTINGS, SOURCE } from './busy-metrics.ts';

const PREFIX = 'cs_instance_watcher_';
const SCHEMA = join(import.meta.dirname, '../../../../docs/schemas/metrics.json');

interface ListedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

async function read(scene: MetricsScene, name: string, labels: Record<string, string> = {}) {
  return sampleValue(await scene.metrics.render(), `${PREFIX}${name}`, labels);
}

async function seriesOf(scene: MetricsScene, name: string): Promise<Record<string, number>> {
  const families = parseExposition(await scene.metrics.render());
  const samples = families.find((family) => family.name === `${PREFIX}${name}`)?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(), value]));
}

describe('the contract', () => {
  test('what is exposed is what docs/schemas/metrics.json lists: name, type, labels and help', async () => {
    const { version, metrics } = JSON.parse(readFileSync(SCHEMA, 'utf8')) as {
      version: number;
      metrics: ListedMetric[];
    };
    assert.equal(version, 1);
    const { metrics: busy } = await busyScene();
    const exposed = parseExposition(await busy.render()).map(
      ({ name, type, help, samples }): ListedMetric => {
        const [sample] = samples;
        assert.ok(sample !== undefined, `${name} has no sample in a scene where everything has happened`);
        const labels = Object.keys(sample.labels).filter((label) => label !== 'le');
        return { name, type, labels, help };
      },
    );
    const byName = (a: ListedMetric, b: ListedMetric): number => (a.name < b.name ? -1 : 1);
    assert.deepEqual(exposed.toSorted(byName), metrics.toSorted(byName));
  });

  test('names follow the conventions of Prometheus', async () => {
    const { metrics } = await busyScene();
    for (const { name, type } of parseExposition(await metrics.render())) {
      assert.match(name, /^(cs_instance_watcher|process|nodejs)_[a-z][a-z_]*$/);
      assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
      assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb)(_|$)/);
    }
  });

  test('nothing global and nothing that keeps the process', async () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
    const { metrics } = await busyScene();
    await metrics.render();
    assert.deepEqual(
      process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate'),
      before,
    );
    assert.deepEqual(register.getMetricsAsArray(), []);
  });
});

describe('state', () => {
  test('one series, of the state that holds; the old one goes', async () => {
    const scene = new MetricsScene();
    assert.deepEqual(await seriesOf(scene, 'state'), {});
    scene.settle({ instanceState: 'running' });
    assert.deepEqual(await seriesOf(scene, 'state'), { running: 1 });
    scene.settle({ instanceState: 'draining' });
    assert.deepEqual(await seriesOf(scene, 'state'), { draining: 1 });
  });

  test('a malformed one makes no series', async () => {
    const scene = new MetricsScene();
    scene.settle({ instanceState: 'x"} 1\nforged 1' });
    assert.deepEqual(await seriesOf(scene, 'state'), {});
  });

  test('what begins and ends: drain, lease and hold', async () => {
    const scene = await busyScene();
    assert.equal(await read(scene, 'drain_start_timestamp_seconds'), NOW_MS / 1000 - 600);
    assert.deepEqual(await seriesOf(scene, 'drain_outcome'), { pending: 0, complete: 0, timeout: 1 });
    assert.deepEqual(await seriesOf(scene, 'lease'), { none: 0, override: 0, simulation: 1 });
    assert.equal(await read(scene, 'holding'), 1);
    scene.settle({ instanceState: 'running', desired: 'open' });
    for (const name of [
      'drain_start_timestamp_seconds',
      'drain_outcome',
      'hold_start_timestamp_seconds',
      'lease_start_timestamp_seconds',
      'lease_end_timestamp_seconds',
      'connections_left',
      'connections_idle',
      'range_connections_left',
    ])
      assert.deepEqual(await seriesOf(scene, name), {}, name);
    assert.deepEqual(await seriesOf(scene, 'desired'), { refuse: 0, open: 1, undetermined: 0 });
    assert.equal(await read(scene, 'drain_duration_seconds_count', { outcome: 'timeout' }), 1);
  });
});

describe('connections', () => {
  test('one that cannot be counted has no value, not even the last one', async () => {
    const scene = new MetricsScene();
    scene.tell.connections({ known: true, perRange: [0, 0], total: 0, idle: 0 }, SETTINGS.ports);
    assert.equal(await read(scene, 'connections_left'), 0);
    scene.tell.connections({ known: false, reason: 'conntrack cannot be read' }, SETTINGS.ports);
    assert.equal(await read(scene, 'connections_left'), undefined);
    assert.deepEqual(await seriesOf(scene, 'range_connections_left'), {});
  });

  test('with more than 256 ranges only the sum', async () => {
    const scene = new MetricsScene();
    const ports = Array.from({ length: 257 }, (_, i) => ({ first: 1000 + 2 * i, last: 1000 + 2 * i }));
    scene.tell.connections({ known: true, perRange: ports.map(() => 1), total: 257, idle: 0 }, ports);
    assert.deepEqual(await seriesOf(scene, 'range_connections_left'), { all: 257 });
  });

  test('a count of the ports before a reload stays under their names', async () => {
    const scene = new MetricsScene();
    const before = [
      { first: 1, last: 1 },
      { first: 2, last: 9 },
    ];
    scene.tell.connections({ known: true, perRange: [1, 2], total: 3, idle: 0 }, before);
    assert.deepEqual(await seriesOf(scene, 'range_connections_left'), { 1: 1, '2-9': 2 });
  });
});

describe('the table', () => {
  test('what a table refused until it was removed is kept, and the next one adds to it', async () => {
    const scene = new MetricsScene();
    const { firewall, kernel } = scene;
    await firewall.inspect();
    await firewall.apply(RULESET);
    kernel.refuse(1, 4);
    await firewall.inspect();
    await firewall.remove();
    assert.deepEqual(await seriesOf(scene, 'refused_syns_total'), { 80: 0, '8000-8100': 4 });
    await firewall.apply(RULESET);
    kernel.refuse(1, 40);
    assert.deepEqual(await seriesOf(scene, 'refused_syns_total'), { 80: 0, '8000-8100': 44 });
  });

  test('whoever looks, puts in place or removes tells what was seen', async () => {
    const seen: string[] = [];
    const firewall = tellingLooks(new FakeFirewall(new FakeKernel()), ({ table }) => seen.push(table));
    await firewall.inspect();
    assert.deepEqual((await firewall.apply(RULESET)).table, 'ours');
    await firewall.inspect();
    await firewall.remove();
    assert.deepEqual(seen, ['absent', 'ours', 'ours', 'absent']);
  });

  test('a kernel without counters has no series', async () => {
    const scene = new MetricsScene();
    scene.kernel.features = { ...scene.kernel.features, elementCounters: false };
    await scene.firewall.apply(RULESET);
    assert.equal(await read(scene, 'table_installed'), 1);
    assert.deepEqual(await seriesOf(scene, 'refused_syns_total'), {});
  });

  test('a table that cannot be read is not called absent', async () => {
    const scene = new MetricsScene();
    scene.kernel.permitted = false;
    assert.equal(await read(scene, 'table_installed'), undefined);
    assert.equal(await read(scene, 'table_state', { state: 'unknown' }), 1);
    assert.equal(await read(scene, 'table_state', { state: 'absent' }), 0);
  });

  test('restorations by command: hostile names stay labels, the twenty-first is `other`', async () => {
    const scene = new MetricsScene();
    const restored = (command: string | null): void =>
      scene.tell.tableInstalled(RULESET, 'removed', { kind: 'changed', pid: 1, command });
    restored(null);
    restored('');
    restored('evil"} 1\nforged_total 1');
    for (let i = 0; i < 40; i++) restored(`nft-${i}`);
    const series = await seriesOf(scene, 'table_restorations_total');
    assert.equal(series.unknown, 2);
    assert.equal(series['evil"} 1_forged_total 1'], 1);
    assert.equal(Object.keys(series).length, 21);
    assert.equal(series.other, 22);
    assert.equal(await read(scene, 'table_installs_total'), 0);
  });
});

describe('polls', () => {
  const about = { startedWallMs: NOW_MS, durationMs: 1_500, nextWallMs: NOW_MS + 1 };

  test('by result, and the last known answer is not that of a failed poll', async () => {
    const scene = await busyScene();
    const { tell } = scene;
    tell.polled({ ...about, answer: { kind: 'no-information', message: '' } });
    tell.polled({ ...about, answer: { kind: 'not-managed', message: '' } });
    tell.polled({ ...about, answer: { kind: 'unknown', class: 'http-5xx', message: '' } });
    assert.deepEqual(await seriesOf(scene, 'polls_total'), {
      known: 1,
      transport: 1,
      'no-information': 1,
      'not-managed': 1,
      'http-5xx': 1,
    });
    assert.equal(await read(scene, 'last_known_answer_timestamp_seconds'), NOW_MS / 1000 - 20);
    assert.equal(await read(scene, 'last_poll_timestamp_seconds'), NOW_MS / 1000);
    assert.equal(await read(scene, 'last_poll_duration_seconds'), 1.5);
    assert.equal(await read(scene, 'poll_duration_seconds_count', { answered: 'false' }), 4);
  });

  test('classes without end make no series without end', async () => {
    const scene = new MetricsScene();
    for (let i = 0; i < 50; i++)
      scene.tell.polled({ ...about, answer: { kind: 'unknown', class: `class-${i}`, message: '' } });
    assert.equal(Object.keys(await seriesOf(scene, 'polls_total')).length, 21);
  });
});

describe('scripts', () => {
  const key = { change: 'c1', to: 'draining' };
  const finished = {
    exit: 0,
    signal: null,
    durationMs: 20,
    timedOut: false,
    truncatedBytes: 0,
    problem: null,
  };
  const cases: readonly (readonly [reports: readonly HookReport[], series: Record<string, number>])[] = [
    [[{ kind: 'finished', ...key, script: '/a', ...finished }], { 'draining,done': 1 }],
    [[{ kind: 'finished', ...key, script: '/a', ...finished, exit: 3 }], { 'draining,failed': 1 }],
    [
      [
        {
          kind: 'finished',
          ...key,
          script: '/a',
          ...finished,
          exit: null,
          signal: 'SIGTERM',
          timedOut: true,
        },
      ],
      { 'draining,timed-out': 1 },
    ],
    [
      [{ kind: 'finished', ...key, script: '/a', ...finished, exit: null, problem: 'could not be started' }],
      { 'draining,failed': 1 },
    ],
  ];
  for (const [reports, series] of cases) {
    test(`run: ${Object.keys(series)}`, async () => {
      const scene = new MetricsScene();
      for (const report of reports) scene.metrics.hookReported(report);
      assert.deepEqual(await seriesOf(scene, 'hook_runs_total'), series);
      const isFailure = !('draining,done' in series);
      assert.equal(await read(scene, 'hook_failures_total'), Number(isFailure));
    });
  }

  test('what became of changes, and refusals', async () => {
    const scene = new MetricsScene();
    const done = { scripts: 1, refused: 0, failed: 0, interrupted: false };
    const reports: readonly HookReport[] = [
      { kind: 'completed', ...key, ...done },
      { kind: 'completed', ...key, ...done, refused: 1 },
      { kind: 'completed', ...key, ...done, failed: 1, interrupted: true },
      { kind: 'superseded', ...key, by: 'c2' },
      { kind: 'not-begun', ...key },
      { kind: 'given-up', ...key, problem: 'EMFILE' },
      { kind: 'no-directory', ...key },
      { kind: 'refused', ...key, path: '/a', problem: 'writable by others', remedy: 'chmod' },
    ];
    for (const report of reports) scene.metrics.hookReported(report);
    assert.deepEqual(await seriesOf(scene, 'hook_changes_total'), {
      done: 1,
      failed: 1,
      interrupted: 1,
      superseded: 1,
      'not-begun': 1,
      'given-up': 1,
    });
    assert.equal(await read(scene, 'hook_scripts_refused_total'), 1);
  });

  test('one that runs is seen running', async () => {
    const scene = new MetricsScene();
    scene.metrics.hookReported({ kind: 'started', ...key, script: '/a' });
    assert.equal(await read(scene, 'hook_running'), 1);
    scene.metrics.hookReported({ kind: 'given-up', ...key, problem: 'EMFILE' });
    assert.equal(await read(scene, 'hook_running'), 0);
  });
});

describe('troubles', () => {
  test('by part, while they last; what the API withholds is one of them', async () => {
    const scene = new MetricsScene();
    scene.tell.degraded('firewall', 'no permission');
    scene.settle({}, { degraded: ['the API has no information about this instance'] });
    assert.deepEqual(await seriesOf(scene, 'trouble'), { firewall: 1, api: 1 });
    assert.equal(await read(scene, 'degraded'), 1);
    scene.tell.degraded('firewall', null);
    scene.settle();
    assert.deepEqual(await seriesOf(scene, 'trouble'), {});
    assert.equal(await read(scene, 'degraded'), 0);
  });
});

describe('a scrape', () => {
  test('several at once cost one look at the kernel', async () => {
    let looks = 0;
    const firewall = new FakeFirewall(new FakeKernel());
    const metrics = createMetrics({
      version: '1',
      clock: { wallMs: () => NOW_MS },
      firewall: {
        inspect: () => {
          looks += 1;
          return firewall.inspect();
        },
      },
      settings: () => SETTINGS,
      source: () => SOURCE,
    });
    const texts = await Promise.all(Array.from({ length: 10 }, () => metrics.render()));
    assert.equal(looks, 1);
    assert.equal(new Set(texts).size, 1);
    await metrics.render();
    assert.equal(looks, 2);
  });

  test('settings that are not given have no value; names from elsewhere stay within their label', async () => {
    const scene = new MetricsScene();
    scene.settings = { ...SETTINGS, drainTimeoutMs: null };
    scene.source = { apiUrl: null, group: 'a"b\nc\\', region: null, instanceId: null, contextAgeMs: null };
    assert.equal(await read(scene, 'drain_timeout_seconds'), undefined);
    assert.equal(await read(scene, 'context_age_seconds'), undefined);
    assert.equal(await read(scene, 'instance_info', { group: 'a"b_c\\', region: '' }), 1);
  });
});
