// `notify/ackevent`: events that somebody has taken notice of are forgotten, or marked where the configuration keeps them.
import { pythonTimestamp } from '../../contract/timestamps.ts';
import type { Store } from '../store/store.ts';
import type { Call, Deployment, OperationAnswer, QueueCall } from './call.ts';
import { readEffectiveConfiguration } from './effective-configuration.ts';

type EventDates =
  | { readonly ok: true; readonly dates: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** In the running system the queue alone works; here a POST of the same message does, too. */
export async function answerAckEvent(call: Call): Promise<OperationAnswer> {
  if (call.method !== 'POST' || call.body === null) return { fault: true };
  return acknowledge(parseJson(call.body), call);
}

export function performAckEvent(call: QueueCall): Promise<OperationAnswer> {
  return acknowledge(call.message, call);
}

/** Idempotent: a date that no event has is passed over. */
async function acknowledge(
  message: unknown,
  { store, deployment, nowMs }: Pick<Call, 'store' | 'deployment' | 'nowMs'>,
): Promise<OperationAnswer> {
  const read = readEventDates(message);
  if (!read.ok) return { status: 400, body: `Can't acknowledge events: ${read.problem}.` };
  const isKept = await areAcknowledgedEventsKept(store, deployment);
  for (const date of new Set(read.dates)) {
    if (isKept) await store.events.setAckDate(date, pythonTimestamp(nowMs));
    else await store.events.remove(date);
  }
  return { status: 200, body: '{}' };
}

/** The key is `Events`; the documents call it `EventData`, so that is accepted, and one date without a list is, too. */
function readEventDates(message: unknown): EventDates {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return { ok: false, problem: 'expected a JSON object with Events, an array of event dates' };
  }
  const { Events, EventData } = message as Readonly<Record<string, unknown>>;
  const given = Events ?? EventData;
  const dates = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(dates) || !dates.every((date) => typeof date === 'string' && date !== '')) {
    return { ok: false, problem: 'Events: expected an array of event dates' };
  }
  return { ok: true, dates };
}

/** Kept also when the setting is not a number: what is deleted by mistake does not come back. */
async function areAcknowledgedEventsKept(store: Store, deployment: Deployment): Promise<boolean> {
  const configuration = await readEffectiveConfiguration(store, deployment);
  const value = configuration.entry('notify.event.keep_acked_records')?.value ?? 0;
  return Number(value) !== 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
