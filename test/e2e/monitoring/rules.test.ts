// What docs/monitoring ships: the rules do what their tests say, and every expression of rules and dashboard can be parsed and
// asks for nothing that is not exposed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { ALERT_RULES, MONITORING, promtool, promtoolOver } from '../../fixtures/monitoring/promtool.ts';

const SCHEMA = resolve(MONITORING, '../schemas/metrics.json');
const RECORDED_DRAIN = resolve(import.meta.dirname, '../../fixtures/monitoring/recorded-drain.test.yml');

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly repeat?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

const metrics = (JSON.parse(readFileSync(SCHEMA, 'utf8')) as { metrics: Metric[] }).metrics;
const rules = (parse(readFileSync(ALERT_RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(readFileSync(join(MONITORING, 'grafana-dashboard.json'), 'utf8')) as Dashboard;

describe('alert rules', () => {
  it('are valid', async () => {
    assert.match(await promtool(['check', 'rules', ALERT_RULES]), new RegExp(`${rules.length} rules found`));
  });

  it('fire and are silent as alert-rules.test.yml says, every one of them', async () => {
    const file = join(MONITORING, 'alert-rules.test.yml');
    await promtool(['test', 'rules', file]);
    const tested = readFileSync(file, 'utf8');
    const untested = rules.filter(({ alert }) => !tested.includes(`alertname="${alert}"`));
    assert.deepEqual(untested, []);
  });

  it('are silent on the recorded drain (made by scripts/record-drain.ts)', async () => {
    await promtool(['test', 'rules', RECORDED_DRAIN]);
  });

  it('are all in the table of README.md, with their severity', () => {
    const page = readFileSync(join(MONITORING, 'README.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `(Cs\w+)` \| (\w+) \|/gm)].map(([, alert, severity]) => [
      alert,
      severity,
    ]);
    assert.deepEqual(
      listed,
      rules.map(({ alert, labels }) => [alert, labels.severity]),
    );
  });

  for (const { alert, expr } of rules)
    it(`${alert} asks for metrics that exist`, () => assert.deepEqual(unknownIn(expr), []));
});

it("the README's example is a configuration", async () => {
  const page = readFileSync(join(MONITORING, 'README.md'), 'utf8');
  const example = /```yaml\n([^`]+)```/.exec(page)?.[1] ?? assert.fail('there is no example');
  await promtoolOver(example.replace('alert-rules.yml', ALERT_RULES), 'check', 'config');
});

describe('the dashboard', () => {
  const expressions = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );

  it('has expressions that promtool parses', async () => {
    const recording = expressions.map(({ expr }, i) => ({
      record: `panel:${i}`,
      expr: asPrometheusHasIt(expr),
    }));
    const said = await promtoolOver({ groups: [{ name: 'dashboard', rules: recording }] }, 'check', 'rules');
    assert.match(said, new RegExp(`${expressions.length} rules found`));
  });

  for (const [i, { title, expr }] of expressions.entries())
    it(`${i}: ${title} asks for metrics that exist`, () => assert.deepEqual(unknownIn(expr), []));

  it('asks the data source that was chosen, with variables that it defines', () => {
    const defined = dashboard.templating.list.map(({ name }) => name);
    assert.deepEqual(defined, ['datasource', 'job', 'instance']);
    const used = new Set([...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)\}?/g)].map(([, name]) => name!));
    used.delete('__rate_interval');
    assert.deepEqual([...used].toSorted(), defined.toSorted());
    const sources = dashboard.panels.filter(({ targets }) => targets !== undefined);
    for (const { datasource } of sources) assert.match(datasource?.uid ?? '', /^\$\{datasource\}$/);
  });

  it('has one row for the fleet and one for every instance chosen', () => {
    const rows = dashboard.panels.filter(({ type }) => type === 'row');
    assert.deepEqual(
      rows.map(({ title, repeat }) => [title, repeat]),
      [
        ['Fleet', undefined],
        ['$instance', 'instance'],
      ],
    );
  });
});

/** The expression as Grafana sends it. */
function asPrometheusHasIt(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$job', 'cs-instance-watcher')
    .replaceAll('$instance', 'web-1');
}

/** What an expression names that is not exposed: metrics, and labels in the selector of one. */
function unknownIn(expr: string): string[] {
  const unknown: string[] = [];
  const selectors = [
    ...expr.matchAll(/\b((?:cs_instance_watcher|process|nodejs|up)(?:_\w+)?)\b(?:\{([^}]*)\})?/g),
  ];
  if (selectors.length === 0) unknown.push(`nothing is asked for in: ${expr}`);
  for (const [, name = '', inner = ''] of selectors) {
    const labels = labelsOf(name);
    if (labels === null) {
      unknown.push(name);
      continue;
    }
    const asked = [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!);
    unknown.push(...asked.filter((label) => !labels.includes(label)).map((label) => `${name}{${label}}`));
  }
  return unknown;
}

/** The labels of a series, those of the scrape included; null when there is none of that name. */
function labelsOf(name: string): string[] | null {
  const ofScrape = ['job', 'instance'];
  if (name === 'up') return ofScrape;
  const found = metrics.find((metric) => {
    if (metric.type !== 'histogram') return metric.name === name;
    return ['_bucket', '_sum', '_count'].some((suffix) => `${metric.name}${suffix}` === name);
  });
  if (found === undefined) return null;
  return [...ofScrape, ...found.labels, ...(name.endsWith('_bucket') ? ['le'] : [])];
}
