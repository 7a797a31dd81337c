// Reads a document of anything that the server can know: an export, a fleet file of the version before, or answers of a
// deployment's API as they came. It adds, and replaces what has the same name; it removes nothing.
import { controlKey, parseControlState } from '../fleet/control-state.ts';
import { parseSnapshot, snapshotKey } from '../fleet/snapshot.ts';
import { parseCatalogue, putCatalogueKeys } from '../records/catalogue.ts';
import { putDiscovery, toDiscoveryText } from '../records/discovery.ts';
import { parseEvent } from '../records/event.ts';
import {
  parseEnteredCachedMetrics,
  parseEnteredSentMetrics,
  putCachedMetrics,
  putSentMetrics,
} from '../records/metrics.ts';
import { RecordError } from '../records/record-error.ts';
import { type Change, type EventTable, type StoredEvent, StoreError } from '../store/store.ts';
import type { AdminServices } from './admin-request.ts';
import { parseImportedInstances } from './import-instances.ts';
import { parseTable } from './import-table.ts';
import { parseAt } from './mistake.ts';

/** One kind of thing in a document, checked and not yet written. */
export interface ImportPart {
  readonly kind: string;
  /** How many of it the document has. */
  readonly count: number;
  readonly write: () => Promise<void>;
}

type ReadKind = (value: unknown, services: AdminServices) => Omit<ImportPart, 'kind'>;

/** In the order of writing: what scaling decided comes after the instances that it is about. */
const kinds: Readonly<Record<string, ReadKind>> = {
  discovery: readDiscovery,
  catalogue(value, { store }) {
    const keys = parseCatalogue(toRecord(value));
    return { count: keys.length, write: () => putCatalogueKeys(store, keys) };
  },
  configuration(value, { store, nowMs }) {
    const changes = parseTable(value, nowMs());
    return { count: changes.length, write: () => store.configuration.write(changes) };
  },
  scheduler(value, { store, nowMs }) {
    const changes = parseTable(value, nowMs());
    return { count: changes.length, write: () => store.scheduler.write(changes) };
  },
  instances(value, { fleet, nowMs }) {
    const entries = parseImportedInstances(value, nowMs());
    return { count: entries.length, write: () => fleet.putAll(entries) };
  },
  state(value, { store, nowMs }) {
    const changes = parseTable(value, nowMs());
    changes.forEach(checkStateItem);
    return { count: changes.length, write: () => store.state.write(changes) };
  },
  sentMetrics(value, { store }) {
    const metrics = parseEnteredSentMetrics(plain(value));
    return { count: metrics.length, write: () => putSentMetrics(store, metrics) };
  },
  metricCache(value, { store }) {
    const metrics = parseEnteredCachedMetrics(plain(value));
    return { count: metrics.length, write: () => putCachedMetrics(store, metrics) };
  },
  events: readEvents,
};

/** The parts of a document. Throws RecordError, which says where the document is wrong. */
export function prepareImport(
  services: AdminServices,
  document: Readonly<Record<string, unknown>>,
): readonly ImportPart[] {
  const { version, group: _, ...members } = document;
  if (version !== undefined && version !== 1 && version !== 2) {
    throw new RecordError('version: expected 1 or 2, which are those that this program knows');
  }
  for (const kind of Object.keys(members)) {
    if (Object.hasOwn(kinds, kind)) continue;
    const expected = `expected ${Object.keys(kinds).join(', ')}`;
    throw new RecordError(`${JSON.stringify(kind.slice(0, 80))}: nothing that can be imported, ${expected}`);
  }
  return Object.entries(kinds)
    .filter(([kind]) => Object.hasOwn(members, kind))
    .map(([kind, read]) => ({ kind, ...parseAt(kind, () => read(members[kind], services)) }));
}

/** An item that every later request would fail on is refused. Throws RecordError. */
function checkStateItem({ key, value }: Change): void {
  try {
    if (key === snapshotKey) parseSnapshot({ key, value: value ?? '' });
    if (key === controlKey) parseControlState({ key, value: value ?? '' }, 0);
  } catch (error) {
    if (error instanceof StoreError) throw new RecordError(error.message, { cause: error });
    throw error;
  }
}

/** Where clients find a deployment: imported from another, they would send this server's clients there. */
const addresses = [
  'InteractAPIGWUrl',
  'InteractApi',
  'InteractQueue',
  'ApiGwVpcEndpointDNSEntry',
  'ApiGwVpcEndpointDNSEntries',
];

/** The answer of `discovery`, or what the Discovery Lambda answers; without addresses. */
function readDiscovery(value: unknown, { store, group }: AdminServices): Omit<ImportPart, 'kind'> {
  const answer = toRecord(value);
  const told = answer.discovery === undefined ? answer : toRecord(answer.discovery);
  const kept = Object.fromEntries(Object.entries(told).filter(([name]) => !addresses.includes(name)));
  if (told.GroupName !== undefined && told.GroupName !== group) {
    throw new RecordError(`GroupName: expected ${JSON.stringify(group)}, the group of this server`);
  }
  const text = toDiscoveryText(kept);
  return {
    count: Object.keys(kept).length,
    write: () => putDiscovery(store.inventory, text),
  };
}

function readEvents(value: unknown, { store, nowMs }: AdminServices): Omit<ImportPart, 'kind'> {
  if (!Array.isArray(value)) throw new RecordError('expected a list');
  const now = nowMs();
  const events = plain(value).map((event, index) => parseAt(`[${index}]`, () => parseEvent(event, now)));
  return {
    count: events.length,
    async write() {
      for (const event of events) await putEvent(store.events, event);
    },
  };
}

async function putEvent(table: EventTable, event: StoredEvent): Promise<void> {
  if (await table.add(event)) return;
  await table.remove(event.EventDate);
  await table.add(event);
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new RecordError('expected an object');
}

/** With numbers that are only numbers, where the difference of `1.0` and `1` says nothing. */
function plain<Value>(value: Value): Value {
  const text = JSON.stringify(value, (_key, member: unknown) => {
    // JSON would make null of it.
    if (typeof member === 'number' && !Number.isFinite(member))
      throw new RecordError('a number is too large');
    return typeof member === 'bigint' ? Number(member) : member;
  });
  return JSON.parse(text);
}
