// What is wrong: the lasting troubles by part, and how often the log complained.
import { Counter, Gauge, type Registry } from 'prom-client';
import { OptionalGauge, PREFIX } from './metrics-gauges.ts';
import { BoundedLabel } from './metrics-labels.ts';

/** The part that a summary's own troubles belong to: what the API says, or does not. */
const API = 'api';
const LOG_LEVELS = ['warn', 'error'] as const;

export class TroubleMetrics {
  readonly #parts = new BoundedLabel();
  readonly #troubled = new Set<string>();
  readonly #trouble: Gauge<'part'>;
  readonly #isDegraded: OptionalGauge;
  readonly #lines: Counter<'level'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#trouble = new Gauge({
      name: `${PREFIX}trouble`,
      help: 'A lasting trouble of one part of the agent, 1 while it lasts; the log and status say which',
      labelNames: ['part'],
      registers,
    });
    this.#isDegraded = new OptionalGauge(registry, 'degraded', 'Whether any part has a trouble (1 or 0)');
    this.#isDegraded.set(0);
    this.#lines = new Counter({
      name: `${PREFIX}log_lines_total`,
      help: `Lines of the log that complain, by level (${LOG_LEVELS.join(', ')}); those about the start itself (options, lock) are not counted`,
      labelNames: ['level'],
      registers,
    });
    for (const level of LOG_LEVELS) this.#lines.inc({ level }, 0);
  }

  degraded(part: string, isTroubled: boolean): void {
    if (this.#troubled.has(part) === isTroubled) return;
    if (isTroubled) this.#troubled.add(part);
    else this.#troubled.delete(part);
    this.#trouble.reset();
    for (const one of this.#troubled) this.#trouble.set({ part: this.#parts.of(one) }, 1);
    this.#isDegraded.set(Number(this.#troubled.size > 0));
  }

  show(troubles: readonly string[]): void {
    this.degraded(API, troubles.length > 0);
  }

  logged(level: (typeof LOG_LEVELS)[number]): void {
    this.#lines.inc({ level });
  }
}
