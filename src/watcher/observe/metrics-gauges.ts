// Gauges as this agent uses them: what is not known has no value, and one thing of several is 1 while the others are 0.
import { Gauge, type Registry } from 'prom-client';

/** Before the names of all metrics but those that every program has. */
export const PREFIX = 'cs_instance_watcher_';

/** A number that may be unknown: then there is no sample at all, which is neither 0 nor -1. */
export class OptionalGauge {
  readonly #gauge: Gauge;

  constructor(registry: Registry, name: string, help: string) {
    this.#gauge = new Gauge({ name: `${PREFIX}${name}`, help, registers: [registry] });
    // It would begin as 0.
    this.#gauge.remove();
  }

  set(value: number | null): void {
    if (value === null) this.#gauge.remove();
    else this.#gauge.set(value);
  }

  /** A time in ms since the epoch, exported in seconds. */
  setTime(wallMs: number | null): void {
    this.set(wallMs === null ? null : wallMs / 1000);
  }
}

/** Which of a fixed list holds: 1 for that one, 0 for the others, no sample at all when it is not known. */
export class ChoiceGauge<T extends string> {
  readonly #gauge: Gauge;
  readonly #label: string;
  readonly #choices: readonly T[];

  constructor(registry: Registry, name: string, help: string, label: string, choices: readonly T[]) {
    this.#gauge = new Gauge({
      name: `${PREFIX}${name}`,
      help: `${help} (${choices.join(', ')})`,
      labelNames: [label],
      registers: [registry],
    });
    this.#label = label;
    this.#choices = choices;
  }

  set(chosen: T | null): void {
    this.#gauge.reset();
    if (chosen === null) return;
    for (const choice of this.#choices) this.#gauge.set({ [this.#label]: choice }, choice === chosen ? 1 : 0);
  }
}

/** One series, of value 1, whose labels say something; the former one goes when they change. */
export class LabelsGauge<T extends string> {
  readonly #gauge: Gauge<T>;

  constructor(registry: Registry, name: string, help: string, labelNames: readonly T[]) {
    this.#gauge = new Gauge({ name: `${PREFIX}${name}`, help, labelNames, registers: [registry] });
  }

  set(labels: Readonly<Record<T, string>> | null): void {
    this.#gauge.reset();
    if (labels !== null) this.#gauge.set(labels, 1);
  }
}
