// What the agent stands at: state, reasons, lease, and the drain from its beginning to its outcome.
import { Gauge, Histogram, type Registry } from 'prom-client';
import { type DrainOutcome, isDrained } from '../domain/drain.ts';
import { isWellFormedState } from '../domain/instance-state.ts';
import { SIGNAL_SOURCES } from '../domain/signals.ts';
import type { Summary } from '../ports.ts';
import { ChoiceGauge, LabelsGauge, OptionalGauge, PREFIX } from './metrics-gauges.ts';

const VERDICTS = ['refuse', 'open', 'undetermined'] as const;
const OUTCOMES = ['pending', 'complete', 'timeout'] as const;
const LEASES = ['none', 'override', 'simulation'] as const;
const REASON_SOURCES = ['state', 'tag', 'simulation', ...SIGNAL_SOURCES] as const;
const DURATION_BUCKETS_SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];

export class DrainMetrics {
  readonly #state: LabelsGauge<'state'>;
  readonly #stateStart: OptionalGauge;
  readonly #desired: ChoiceGauge<(typeof VERDICTS)[number]>;
  readonly #isRefusing: OptionalGauge;
  readonly #isDraining: OptionalGauge;
  readonly #isDrained: OptionalGauge;
  readonly #start: OptionalGauge;
  readonly #outcome: ChoiceGauge<(typeof OUTCOMES)[number]>;
  readonly #duration: Histogram<'outcome'>;
  readonly #reasons: Gauge<'source'>;
  readonly #lease: ChoiceGauge<(typeof LEASES)[number]>;
  readonly #leaseStart: OptionalGauge;
  readonly #leaseEnd: OptionalGauge;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string) => new OptionalGauge(registry, name, help);
    this.#state = new LabelsGauge(
      registry,
      'state',
      'The state that scripts were told, as the label of one series of value 1; absent before anything is known',
      ['state'],
    );
    this.#stateStart = gauge('state_start_timestamp_seconds', 'Since when the instance is in its state');
    this.#desired = new ChoiceGauge(
      registry,
      'desired',
      'What is wanted of the firewall',
      'verdict',
      VERDICTS,
    );
    this.#isRefusing = gauge('refusing', 'Whether the agent has its table in place (1 or 0)');
    this.#isDraining = gauge('draining', 'Whether a drain is under way, from the verdict on (1 or 0)');
    this.#isDrained = gauge('drained', 'Whether the drain is complete and nothing is left (1 or 0)');
    this.#start = gauge('drain_start_timestamp_seconds', 'Since when the drain is under way; absent without');
    this.#outcome = new ChoiceGauge(
      registry,
      'drain_outcome',
      'How the drain under way came out; absent without',
      'outcome',
      OUTCOMES,
    );
    this.#duration = new Histogram({
      name: `${PREFIX}drain_duration_seconds`,
      help: 'Time from the beginning of a drain to its outcome (complete, timeout)',
      labelNames: ['outcome'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    });
    for (const outcome of ['complete', 'timeout'] satisfies DrainOutcome[]) this.#duration.zero({ outcome });
    this.#reasons = new Gauge({
      name: `${PREFIX}reasons`,
      help: `Reasons to drain that hold, by source (${REASON_SOURCES.join(', ')})`,
      labelNames: ['source'],
      registers,
    });
    this.#lease = new ChoiceGauge(registry, 'lease', 'The lease in force', 'kind', LEASES);
    this.#leaseStart = gauge(
      'lease_start_timestamp_seconds',
      'Since when the lease is in force; absent without',
    );
    this.#leaseEnd = gauge(
      'lease_end_timestamp_seconds',
      'When the lease ends at the latest; absent without',
    );
  }

  show({ state, now, refusing, count }: Summary): void {
    const { drain, lease } = state;
    const shown = now.instanceState;
    this.#state.set(shown !== null && isWellFormedState(shown) ? { state: shown } : null);
    this.#stateStart.setTime(state.stateSinceWallMs);
    this.#desired.set(now.desired);
    this.#isRefusing.set(Number(refusing));
    this.#isDraining.set(Number(drain !== null));
    this.#isDrained.set(Number(isDrained(state, count)));
    this.#start.setTime(drain?.sinceWallMs ?? null);
    this.#outcome.set(drain === null ? null : (drain.outcome ?? 'pending'));
    for (const source of REASON_SOURCES)
      this.#reasons.set({ source }, now.reasons.filter((reason) => reason.source === source).length);
    this.#lease.set(lease?.kind ?? 'none');
    this.#leaseStart.setTime(lease?.sinceWallMs ?? null);
    this.#leaseEnd.setTime(lease?.untilWallMs ?? null);
  }

  ended(outcome: DrainOutcome, lastedMs: number): void {
    this.#duration.observe({ outcome }, lastedMs / 1000);
  }
}
