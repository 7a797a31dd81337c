// The metrics of an agent to which everything has happened that they tell of.
import { FakeFirewall, FakeKernel } from '../../../../src/firewall/fake-firewall.ts';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import { prevailing } from '../../../../src/watcher/domain/prevailing.ts';
import { tellingLooks } from '../../../../src/watcher/observe/metrics-firewall.ts';
import type { MetricsSettings } from '../../../../src/watcher/observe/metrics-settings.ts';
import { createMetrics, type Metrics } from '../../../../src/watcher/observe/metrics.ts';
import type { Reporter, SourceView, Summary } from '../../../../src/watcher/ports.ts';

export const RULESET = {
  ports: [
    { first: 80, last: 80 },
    { first: 8000, last: 8100 },
  ],
  allowFrom: [],
  includeLoopback: false,
  closing: false,
};
export const NOW_MS = 1_700_000_000_000;

export const SETTINGS: MetricsSettings = {
  pollPeriodMs: 15_000,
  ports: RULESET.ports,
  refuseDelayMs: 5_000,
  drainTimeoutMs: 600_000,
  staleContextAfterMs: 240_000,
};

export const SOURCE: SourceView = {
  apiUrl: 'https://api/v1/',
  group: 'blue',
  region: 'eu-west-1',
  instanceId: null,
  contextAgeMs: 30_000,
};

/** An agent's metrics over a fake kernel. */
export class MetricsScene {
  readonly kernel = new FakeKernel();
  settings = SETTINGS;
  source = SOURCE;
  readonly metrics: Metrics = createMetrics({
    version: '1.2.3',
    clock: { wallMs: () => NOW_MS },
    firewall: new FakeFirewall(this.kernel),
    settings: () => this.settings,
    source: () => this.source,
  });
  /** As the loop has it. */
  readonly firewall = tellingLooks(new FakeFirewall(this.kernel), this.metrics.tableSeen);
  /** The metrics hear everything. */
  readonly tell = this.metrics.reporter as Required<Omit<Reporter, 'changeBegan'>>;

  /** What the loop stands at, with some of it replaced. */
  settle(state: Partial<AgentState> = {}, summary: Partial<Summary> = {}): void {
    const whole = { ...adopt(null, { table: 'absent' }), ...state };
    this.tell.settled({
      state: whole,
      now: prevailing(whole),
      refusing: false,
      count: null,
      degraded: [],
      ...summary,
    });
  }
}

/** A drain that timed out under a simulation, with a table fought over, scripts and troubles. */
export async function busyScene(): Promise<MetricsScene> {
  const scene = new MetricsScene();
  const { tell, metrics, firewall, kernel } = scene;
  tell.polled({
    answer: {
      kind: 'known',
      instanceId: 'i-0cafe0000000000ab',
      state: 'draining',
      tags: {},
      subfleetName: null,
      targetGroups: 0,
    },
    startedWallMs: NOW_MS - 20_000,
    durationMs: 40,
    nextWallMs: NOW_MS + 5_000,
  });
  tell.polled({
    answer: { kind: 'unknown', class: 'transport', message: 'connection refused' },
    startedWallMs: NOW_MS - 5_000,
    durationMs: 3_000,
    nextWallMs: NOW_MS + 10_000,
  });
  await firewall.inspect();
  await firewall.apply(RULESET);
  tell.tableInstalled(RULESET, null, null);
  kernel.refuse(0, 3);
  await firewall.inspect();
  tell.tableInstalled(RULESET, 'the table was removed', { kind: 'changed', pid: 42, command: 'nft' });
  tell.connections({ known: true, perRange: [4, 1], total: 5, idle: 2 }, RULESET.ports);
  tell.connectionsClosed({ closed: 4, failed: 1 });
  tell.announce({ event: 'drain-timeout', lastedMs: 600_000, connectionsLeft: 5, isClosing: true });
  tell.degraded('table', 'fought over');
  const about = { change: 'c1', to: 'draining' };
  metrics.hookReported({ kind: 'started', ...about, script: '/s/1' });
  metrics.hookReported({
    kind: 'finished',
    ...about,
    script: '/s/1',
    exit: 1,
    signal: null,
    durationMs: 250,
    timedOut: false,
    truncatedBytes: 0,
    problem: null,
  });
  metrics.hookReported({
    kind: 'completed',
    ...about,
    scripts: 1,
    refused: 0,
    failed: 1,
    interrupted: false,
  });
  metrics.logged('warn');
  scene.settle(
    {
      instanceId: 'i-0cafe0000000000ab',
      instanceState: 'draining',
      desired: 'refuse',
      reasons: [{ source: 'state', detail: 'draining', sinceWallMs: NOW_MS - 600_000 }],
      stateSinceWallMs: NOW_MS - 600_000,
      drain: { sinceWallMs: NOW_MS - 600_000, sinceMonotonicMs: 0, outcome: 'timeout' },
      lease: {
        kind: 'simulation',
        state: 'draining',
        sinceWallMs: NOW_MS - 60_000,
        untilWallMs: NOW_MS + 60_000,
      },
      hold: {
        sinceMonotonicMs: 0,
        sinceWallMs: NOW_MS - 5_000,
        class: 'transport',
        classes: ['transport'],
        message: 'connection refused',
        noInformationPolls: 0,
        expired: false,
      },
    },
    { refusing: true, count: { left: 5, drained: false } },
  );
  return scene;
}
