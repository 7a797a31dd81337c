// How the API answers, how fast, and since when it has not.
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Hold } from '../domain/agent-state.ts';
import type { Answer } from '../domain/answer.ts';
import type { Poll } from '../ports.ts';
import { OptionalGauge, PREFIX } from './metrics-gauges.ts';
import { BoundedLabel } from './metrics-labels.ts';

/** The longest poll is bounded by 10 s. */
const LATENCY_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class PollMetrics {
  readonly #results = new BoundedLabel();
  readonly #polls: Counter<'result'>;
  readonly #duration: Histogram<'answered'>;
  readonly #lastDuration: OptionalGauge;
  readonly #lastPoll: OptionalGauge;
  readonly #lastKnown: OptionalGauge;
  readonly #nextPoll: OptionalGauge;
  readonly #isHolding: OptionalGauge;
  readonly #holdStart: OptionalGauge;
  #last: Poll | null = null;
  #knownWallMs: number | null = null;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string) => new OptionalGauge(registry, name, help);
    this.#polls = new Counter({
      name: `${PREFIX}polls_total`,
      help: 'Polls of the API by what came of them: known, no-information, not-managed, or the kind of trouble',
      labelNames: ['result'],
      registers,
    });
    this.#polls.inc({ result: this.#results.of('known') }, 0);
    this.#duration = new Histogram({
      name: `${PREFIX}poll_duration_seconds`,
      help: 'Time that a poll took, discovery included, by whether the API answered with the state of this instance',
      labelNames: ['answered'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    });
    this.#lastDuration = gauge('last_poll_duration_seconds', 'Time that the last poll took');
    this.#lastPoll = gauge('last_poll_timestamp_seconds', 'When the last poll that ended was begun');
    this.#lastKnown = gauge(
      'last_known_answer_timestamp_seconds',
      'When the last poll was begun that gave the state of this instance; absent before the first',
    );
    this.#nextPoll = gauge('next_poll_timestamp_seconds', 'When the next poll is due');
    this.#isHolding = gauge(
      'holding',
      'Whether there is no verdict, so that the firewall stays as it is (1 or 0)',
    );
    this.#holdStart = gauge(
      'hold_start_timestamp_seconds',
      'Since when there is no verdict; absent while there is one',
    );
  }

  polled(poll: Poll): void {
    const isKnown = poll.answer.kind === 'known';
    this.#polls.inc({ result: this.#results.of(resultOf(poll.answer)) });
    this.#duration.observe({ answered: String(isKnown) }, poll.durationMs / 1000);
    this.#last = poll;
    if (isKnown) this.#knownWallMs = poll.startedWallMs;
  }

  show(): void {
    if (this.#last === null) return;
    const { startedWallMs, durationMs, nextWallMs } = this.#last;
    this.#lastDuration.set(durationMs / 1000);
    this.#lastPoll.setTime(startedWallMs);
    this.#nextPoll.setTime(nextWallMs);
    this.#lastKnown.setTime(this.#knownWallMs);
  }

  showHold(hold: Hold | null): void {
    this.#isHolding.set(Number(hold !== null));
    this.#holdStart.setTime(hold?.sinceWallMs ?? null);
  }
}

function resultOf(answer: Answer): string {
  return answer.kind === 'unknown' ? answer.class : answer.kind;
}
