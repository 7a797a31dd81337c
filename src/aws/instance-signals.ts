// What EC2 and Auto Scaling announce to an instance before they take it away: three items of its metadata, read strictly,
// because each of them can stop an instance from serving.
import type { Imds } from './imds.ts';
import { toDocument } from './metadata-document.ts';

export type SignalName = 'spot-interruption' | 'rebalance-recommendation' | 'auto-scaling';

/**
 * `clear`: nothing is announced. `drains`: the instance is about to be taken away; `detail` is one short line in characters
 * of ours. `unknown`: the metadata service gave no answer, or none that is understood; nothing can be concluded.
 */
export type SignalReading =
  | { readonly kind: 'clear' }
  | { readonly kind: 'drains'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export type SignalReadings = Readonly<Partial<Record<SignalName, SignalReading>>>;

const spotActions: readonly unknown[] = ['hibernate', 'stop', 'terminate'];
const utcTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
// Auto Scaling names the steady state that the instance is on its way to, never one on the way, such as Terminating:Wait.
const leavingStates: readonly string[] = [
  'Detached',
  'Standby',
  'Terminated',
  'Warmed:Hibernated',
  'Warmed:Running',
  'Warmed:Stopped',
  'Warmed:Terminated',
];

const readers: Readonly<Record<SignalName, (imds: Imds, signal?: AbortSignal) => Promise<SignalReading>>> = {
  'spot-interruption': readSpotInterruption,
  'rebalance-recommendation': readRebalanceRecommendation,
  'auto-scaling': readTargetLifecycleState,
};

/** Reads the named signals at the same time, within the read deadline of `imds`. Never throws. */
export async function readSignals(
  imds: Imds,
  names: readonly SignalName[],
  signal?: AbortSignal,
): Promise<SignalReadings> {
  const readings = names.map(async (name) => [name, await readers[name](imds, signal)] as const);
  return Object.fromEntries(await Promise.all(readings));
}

/**
 * `spot/instance-action`: there from the interruption notice of a Spot Instance on, two minutes ahead at best.
 * The detail is such as `terminate at 2026-11-22T10:00:00Z`. Never throws.
 */
export function readSpotInterruption(imds: Imds, signal?: AbortSignal): Promise<SignalReading> {
  return readSignal(imds, 'meta-data/spot/instance-action', signal, (text) => {
    const { action, time } = toDocument(text);
    return spotActions.includes(action) && isUtcTime(time) ? drains(`${action} at ${time}`) : undefined;
  });
}

/** `events/recommendations/rebalance`: a Spot Instance is at elevated risk of interruption. Never throws. */
export function readRebalanceRecommendation(imds: Imds, signal?: AbortSignal): Promise<SignalReading> {
  return readSignal(imds, 'meta-data/events/recommendations/rebalance', signal, (text) => {
    const { noticeTime } = toDocument(text);
    return isUtcTime(noticeTime) ? drains(`recommended at ${noticeTime}`) : undefined;
  });
}

/**
 * `autoscaling/target-lifecycle-state`: not there outside a group; every other steady state than `InService` drains,
 * and is the detail. Never throws.
 */
export function readTargetLifecycleState(imds: Imds, signal?: AbortSignal): Promise<SignalReading> {
  return readSignal(imds, 'meta-data/autoscaling/target-lifecycle-state', signal, (text) => {
    const state = text.trim();
    if (state === 'InService') return { kind: 'clear' };
    return leavingStates.includes(state) ? drains(state) : undefined;
  });
}

/** `translate` gives undefined for what it does not understand; that text goes nowhere. */
async function readSignal(
  imds: Imds,
  path: string,
  signal: AbortSignal | undefined,
  translate: (text: string) => SignalReading | undefined,
): Promise<SignalReading> {
  const answer = await imds.read(path, signal);
  if (answer.kind === 'absent') return { kind: 'clear' };
  if (answer.kind === 'unknown') return { kind: 'unknown', reason: answer.reason };
  const reason = `the metadata service answered something else than expected to ${path}`;
  return translate(answer.value) ?? { kind: 'unknown', reason };
}

function drains(detail: string): SignalReading {
  return { kind: 'drains', detail };
}

function isUtcTime(value: unknown): value is string {
  return typeof value === 'string' && utcTime.test(value) && !Number.isNaN(Date.parse(value));
}
