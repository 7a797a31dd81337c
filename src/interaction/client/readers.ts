// From the text of an answer to its model: one reader for each operation, over the contract's parse functions.
import { type ConfigurationEntry, parseConfiguration } from '../contract/configuration-entry.ts';
import { type ControlRecord, parseControlRecords } from '../contract/control-record.ts';
import { parseFleetMetadata, parseInstanceMetadata } from '../contract/dialects.ts';
import { parseDiscovery } from '../contract/discovery.ts';
import { type FleetStatus, parseFleetStatus } from '../contract/fleet-status.ts';
import type { InstanceMetadata } from '../contract/instance-metadata.ts';
import {
  type CachedMetric,
  parseCachedMetrics,
  parseSentMetrics,
  type SentMetric,
} from '../contract/metrics.ts';
import type { TableDocument } from '../contract/table-document.ts';
import { toObject, WireFieldError, type WireObject } from '../contract/wire-fields.ts';
import type { AnyCall, ApiOperationId } from './call.ts';

/** The configuration as asked for: what is in force, key by key, or with `raw=true` (D1 and later) the table alone. */
export type ConfigurationDump =
  | { readonly kind: 'entries'; readonly entries: readonly ConfigurationEntry[] }
  | { readonly kind: 'table'; readonly table: TableDocument };

/** What each operation's answer is read into. */
export interface Models {
  readonly listing: readonly string[];
  readonly metadata: InstanceMetadata;
  readonly allMetadatas: readonly InstanceMetadata[];
  readonly fleetMetadata: readonly InstanceMetadata[];
  readonly fleetStatus: FleetStatus;
  readonly discovery: ReturnType<typeof parseDiscovery>;
  readonly configuration: ConfigurationDump;
  readonly configurationKey: string;
  readonly scheduler: TableDocument;
  readonly schedulerKey: string;
  readonly sentMetrics: readonly SentMetric[];
  readonly metricCache: readonly CachedMetric[];
  readonly controlInstances: readonly ControlRecord[];
  readonly rescheduleNow: string;
  readonly backup: string;
  readonly ackEvent: null;
}

type Reader<Model> = (text: string, call: AnyCall) => Model | Promise<Model>;

/** Each throws WireFieldError when the answer is not what the contract promises. */
export const readers: { readonly [Id in ApiOperationId]: Reader<Models[Id]> } = {
  listing: (text) =>
    asText(text)
      .split('\n')
      .filter((name) => name !== ''),
  metadata: (text) => toInstanceMetadata(asJson(text)),
  allMetadatas: (text) => parseFleetMetadata(asJson(text)),
  fleetMetadata: (text) => parseFleetMetadata(asJson(text)),
  fleetStatus: (text) => parseFleetStatus(asJson(text)),
  discovery: (text) => parseDiscovery(asJson(text)),
  configuration: async (text, call) => toConfigurationDump(await asDocument(text, call), call),
  configurationKey: asText,
  scheduler: async (text, call) => toTable(await asDocument(text, call)),
  schedulerKey: asText,
  sentMetrics: (text) => parseSentMetrics(asJson(text)),
  metricCache: (text) => parseCachedMetrics(asJson(text)),
  controlInstances: (text) => parseControlRecords(asJson(text)),
  rescheduleNow: asText,
  backup: asText,
  ackEvent: (text) => {
    toObject(asJson(text), 'answer');
    return null;
  },
};

/** A text answer as it is. Throws WireFieldError for a web page: a portal or a proxy answered in place of the API. */
export function asText(text: string): string {
  if (/^\s*<(!doctype|html)\b/i.test(text)) throw new WireFieldError('answer: a web page');
  return text;
}

function asJson(text: string): unknown {
  if (text === '') throw new WireFieldError('answer: empty');
  try {
    return JSON.parse(text);
  } catch {
    throw new WireFieldError('answer: not JSON');
  }
}

/** YAML where that was asked for, in the plain values that JSON has; what reads it is loaded only then. */
async function asDocument(text: string, call: AnyCall): Promise<WireObject> {
  if (text === '') throw new WireFieldError('answer: empty');
  if (call.query?.format?.toLowerCase() !== 'yaml') return toObject(asJson(text), 'answer');
  const { parseDocument } = await import('../contract/documents.ts');
  const parsed = parseDocument(text, 'yaml');
  if (!parsed.ok) throw new WireFieldError(`answer: ${parsed.problem}`);
  const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  return JSON.parse(JSON.stringify(parsed.document, plain));
}

function toInstanceMetadata(body: unknown): InstanceMetadata {
  const parsed = parseInstanceMetadata(body);
  if (!parsed.ok) throw new WireFieldError(parsed.problem);
  return parsed.metadata;
}

/** By its shape: D0 knows no `raw` and answers with entries all the same. */
function toConfigurationDump(document: WireObject, call: AnyCall): ConfigurationDump {
  const members = Object.values(document);
  const isTable =
    members.length === 0 ? call.query?.raw?.toLowerCase() === 'true' : members.every(isTableMember);
  return isTable
    ? { kind: 'table', table: toTable(document) }
    : { kind: 'entries', entries: parseConfiguration(document) };
}

function toTable(document: WireObject): TableDocument {
  for (const [key, value] of Object.entries(document)) {
    if (!isTableMember(value)) throw new WireFieldError(`${key}: expected a string or an object of strings`);
  }
  return document as TableDocument;
}

function isTableMember(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((member) => typeof member === 'string');
}
