// An event as an operator enters it: what CloneSquad would have recorded, to be shown and acknowledged.
import { parseTimestamp, pythonTimestamp } from '../../contract/timestamps.ts';
import type { StoredEvent } from '../store/store.ts';
import { RecordError } from './record-error.ts';

/** Those that CloneSquad writes as JSON text whatever they are. */
const jsonAttributes = new Set(['InputData', 'OutputData', 'HandledException']);
const pythonDate = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/;
const maxEventBytes = 256 * 1024;

/**
 * Reads an object of the attributes of CloneSquad's log of events. `EventType` is required. `EventDate`, the key, is the
 * present moment unless given, and is written as CloneSquad writes it; `ExpirationTime` is in whole epoch seconds, without
 * it the event stays until it is acknowledged. Throws RecordError.
 */
export function parseEvent(value: unknown, nowMs: number): StoredEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RecordError('an event: expected an object');
  }
  const { EventDate, ExpirationTime, ...others } = value as Readonly<Record<string, unknown>>;
  const eventDate = EventDate === undefined ? pythonTimestamp(nowMs) : toEventDate(EventDate);
  const attributes = Object.entries(others).map(([name, attribute]) => [name, toAttribute(name, attribute)]);
  const event: StoredEvent = {
    ...Object.fromEntries(attributes),
    EventDate: eventDate,
    ...(ExpirationTime === undefined ? {} : { ExpirationTime: toEpochSeconds(ExpirationTime) }),
  };
  if (typeof event.EventType !== 'string' || event.EventType === '') {
    throw new RecordError('EventType: expected what happened, in a word');
  }
  if (Buffer.byteLength(JSON.stringify(event)) > maxEventBytes) {
    throw new RecordError(`an event: longer than ${maxEventBytes} bytes`);
  }
  return event;
}

/** As it stands when CloneSquad could have written it: the microseconds are part of the key. */
function toEventDate(value: unknown): string {
  const date = typeof value === 'string' ? parseTimestamp(value) : null;
  if (date === null)
    throw new RecordError('EventDate: expected a date such as 2020-11-17 10:50:59.462776+00:00');
  return pythonDate.test(value as string) ? (value as string) : pythonTimestamp(date);
}

function toEpochSeconds(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) {
    throw new RecordError('ExpirationTime: expected whole seconds since 1970');
  }
  return value as number;
}

function toAttribute(name: string, value: unknown): string | number {
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,254}$/.test(name)) {
    throw new RecordError(`${JSON.stringify(name.slice(0, 80))}: not the name of an attribute`);
  }
  if (typeof value === 'string' && !value.isWellFormed()) throw new RecordError(`${name}: not Unicode text`);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (jsonAttributes.has(name)) return JSON.stringify(value);
  throw new RecordError(`${name}: expected a string or a number`);
}
