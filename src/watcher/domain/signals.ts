// Reasons to drain that come from the instance's own metadata, beside what the API says. Each source is known or not by itself.

export const SIGNAL_SOURCES = ['spot-interruption', 'rebalance-recommendation', 'auto-scaling'] as const;

export type SignalSource = (typeof SIGNAL_SOURCES)[number];

/** What one look at a source gave. */
export type SignalReading =
  | { readonly kind: 'clear' }
  | { readonly kind: 'drains'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The sources that were looked at; those that are not asked for are absent. */
export type SignalReadings = Readonly<Partial<Record<SignalSource, SignalReading>>>;

/** What is known of one source. */
export type Signal =
  | { readonly kind: 'clear' }
  /** `sawBegin`: this process saw the source clear before. */
  | {
      readonly kind: 'drains';
      readonly detail: string;
      readonly sinceWallMs: number;
      readonly sawBegin: boolean;
    };

export type Signals = Readonly<Partial<Record<SignalSource, Signal>>>;

/** The signals after one more look: a source that is not known now stays as it was; one no longer asked for is forgotten. */
export function withReadings(before: Signals, readings: SignalReadings, wallMs: number): Signals {
  const after: Partial<Record<SignalSource, Signal>> = {};
  for (const source of SIGNAL_SOURCES) {
    const signal = followed(before[source], readings[source], wallMs);
    if (signal !== undefined) after[source] = signal;
  }
  return after;
}

function followed(
  before: Signal | undefined,
  reading: SignalReading | undefined,
  wallMs: number,
): Signal | undefined {
  if (reading === undefined) return undefined;
  if (reading.kind === 'unknown') return before;
  if (reading.kind === 'clear') return { kind: 'clear' };
  if (before?.kind === 'drains') return { ...before, detail: reading.detail };
  return {
    kind: 'drains',
    detail: reading.detail,
    sinceWallMs: wallMs,
    sawBegin: before?.kind === 'clear',
  };
}
