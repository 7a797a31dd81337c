// The operator's scripts: how often they ran, how that ended, how long it took, and which were not let run.
import { Counter, Histogram, type Registry } from 'prom-client';
import type { HookReport } from '../hooks/hook-report.ts';
import { OptionalGauge, PREFIX } from './metrics-gauges.ts';
import { BoundedLabel } from './metrics-labels.ts';

const DURATION_BUCKETS_SECONDS = [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600];
const CHANGE_RESULTS = ['done', 'failed', 'interrupted', 'superseded', 'not-begun', 'given-up'] as const;

export class HookMetrics {
  readonly #states = new BoundedLabel();
  readonly #runs: Counter<'state' | 'result'>;
  readonly #duration: Histogram<'state'>;
  readonly #failures: Counter;
  readonly #refused: Counter;
  readonly #changes: Counter<'result'>;
  readonly #running: OptionalGauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#runs = new Counter({
      name: `${PREFIX}hook_runs_total`,
      help: 'Scripts that ran, by the state (or drained) that they were for and how they ended: done, failed, timed-out',
      labelNames: ['state', 'result'],
      registers,
    });
    this.#duration = new Histogram({
      name: `${PREFIX}hook_duration_seconds`,
      help: 'Time that a script took, by the state (or drained) that it was for',
      labelNames: ['state'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    });
    this.#failures = new Counter({
      name: `${PREFIX}hook_failures_total`,
      help: 'Scripts that did not end with exit status 0: what hook_runs_total has beside done',
      registers,
    });
    this.#refused = new Counter({
      name: `${PREFIX}hook_scripts_refused_total`,
      help: 'Scripts that were not run because of who could change them',
      registers,
    });
    this.#changes = new Counter({
      name: `${PREFIX}hook_changes_total`,
      help: `Changes of state by what became of their scripts (${CHANGE_RESULTS.join(', ')})`,
      labelNames: ['result'],
      registers,
    });
    for (const result of CHANGE_RESULTS) this.#changes.inc({ result }, 0);
    this.#running = new OptionalGauge(registry, 'hook_running', 'Whether a script is running (1 or 0)');
    this.#running.set(0);
  }

  reported(report: HookReport): void {
    switch (report.kind) {
      case 'started':
        this.#running.set(1);
        return;
      case 'finished':
        this.#finished(report);
        return;
      case 'refused':
        this.#refused.inc();
        return;
      case 'completed': {
        const isFailed = report.refused + report.failed > 0;
        this.#changes.inc({ result: report.interrupted ? 'interrupted' : isFailed ? 'failed' : 'done' });
        return;
      }
      case 'given-up':
        // One that had started will not be told to have ended.
        this.#running.set(0);
        this.#changes.inc({ result: report.kind });
        return;
      case 'superseded':
      case 'not-begun':
        this.#changes.inc({ result: report.kind });
        return;
      case 'line':
      case 'no-directory':
        return;
    }
  }

  #finished({ to, exit, timedOut, durationMs }: Extract<HookReport, { kind: 'finished' }>): void {
    const state = this.#states.of(to);
    const result = timedOut ? 'timed-out' : exit === 0 ? 'done' : 'failed';
    this.#running.set(0);
    this.#runs.inc({ state, result });
    this.#duration.observe({ state }, durationMs / 1000);
    if (result !== 'done') this.#failures.inc();
  }
}
