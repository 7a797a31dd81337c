// Names that come from elsewhere, read by Prometheus's own parser.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseExposition } from '../../fixtures/exposition.ts';
import { promtool } from '../../fixtures/monitoring/promtool.ts';
import { MetricsScene, NOW_MS, RULESET, SOURCE } from '../../unit/watcher/observe/busy-metrics.ts';

it('no name from elsewhere leaves its label', async () => {
  const hostile = 'a"} 1\nforged_total 1\n# EOF \\ \u2028 \ud800 \0';
  const scene = new MetricsScene();
  scene.source = { ...SOURCE, group: hostile, region: hostile };
  scene.settle({ instanceId: hostile, instanceState: hostile });
  scene.tell.degraded(hostile, hostile);
  scene.tell.tableInstalled(RULESET, 'removed', { kind: 'changed', pid: 1, command: hostile });
  scene.tell.polled({
    answer: { kind: 'unknown', class: hostile, message: hostile },
    startedWallMs: NOW_MS,
    durationMs: 1,
    nextWallMs: NOW_MS,
  });
  scene.metrics.hookReported({
    kind: 'finished',
    change: hostile,
    to: hostile,
    script: hostile,
    exit: 0,
    signal: null,
    durationMs: 1,
    timedOut: false,
    truncatedBytes: 0,
    problem: null,
  });
  const text = await scene.metrics.render();
  await promtool(['check', 'metrics'], text);
  const families = parseExposition(text).map(({ name }) => name);
  assert.ok(
    families.every((name) => /^(cs_instance_watcher|process|nodejs)_/.test(name)),
    families.join(),
  );
  assert.doesNotMatch(text, /^(forged|# EOF)/m);
});
