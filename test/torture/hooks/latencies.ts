// How long the firewall took to follow the API, with a fault and without, and what the fault adds.
import type { State } from './fault.ts';

/** What a fault may add. */
const MOST_ADDED_MS = 10;

export class Latencies {
  readonly #sound: Readonly<Record<State, number[]>> = { running: [], draining: [] };
  readonly #added: number[] = [];

  /** Without any fault. */
  addSound(to: State, tookMs: number): void {
    this.#sound[to].push(tookMs);
  }

  /** With a fault; returns by how much it was later than the median without. */
  addFaulty(to: State, tookMs: number): number {
    const addedMs = tookMs - median(this.#sound[to]);
    this.#added.push(addedMs);
    return addedMs;
  }

  /** What there is to say of a fault that adds so much: more than promised is only what this machine adds of itself. */
  late(addedMs: number): string[] {
    const spread = Object.values(this.#sound).map((ms) => (ms.length > 0 ? Math.max(...ms) - median(ms) : 0));
    const mostMs = MOST_ADDED_MS + Math.max(...spread);
    return addedMs > mostMs
      ? [`the firewall was ${addedMs.toFixed(1)} ms late, more than ${mostMs.toFixed(1)}`]
      : [];
  }

  /** For people. */
  summary(): string {
    const sound = Object.entries(this.#sound)
      .filter(([, ms]) => ms.length > 0)
      .map(([to, ms]) => `${to} ${shown(median(ms))} ms, worst ${shown(Math.max(...ms))} (${ms.length})`);
    const [middle, worst] = [median(this.#added), Math.max(...this.#added)].map(shown);
    return `without a fault: ${sound.join('; ')}; a fault adds ${middle} ms, at worst ${worst} (${this.#added.length})`;
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [(sorted.length - 1) / 2, sorted.length / 2];
  return (sorted[Math.floor(low)]! + sorted[Math.floor(high)]!) / 2;
}

function shown(ms: number): string {
  return ms.toFixed(1);
}
