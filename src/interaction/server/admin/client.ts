// The operator's end of the local socket.
import { printDocument } from '../../contract/documents.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import type { FleetInstance } from '../fleet/fleet-instance.ts';
import type { StoredEvent } from '../store/store.ts';
import { AdminUnreachableError, exchange } from './exchange.ts';

/** The running server refused the request. The message is its own. */
export class AdminRefusedError extends Error {
  override readonly name = 'AdminRefusedError';
}

type JsonObject = Readonly<Record<string, JsonValue>>;

/** Of metrics: those sent to CloudWatch, and those read from there. */
export type MetricKind = 'sent' | 'cached';

/** A scaling state, or EC2's. */
export interface NewState {
  readonly state: string;
  /** Lets a state through that no revision of CloneSquad has. */
  readonly unlisted?: boolean;
  /** In whole seconds; without, it stays until it is changed. */
  readonly ttl?: number;
}

/** An instance as the server tells of it. */
export interface ToldInstance extends FleetInstance {
  /** Epoch seconds, whole; absent when the scaling state stays until it is changed. */
  readonly scalingStateEndsAtS?: number;
}

export interface AdminClient {
  instances(): Promise<readonly ToldInstance[]>;
  instance(id: string): Promise<ToldInstance>;
  /** Throws AdminRefusedError when the id is already known, unless `isReplacing`. */
  put(
    instance: Readonly<Record<string, unknown>> & { readonly id: string },
    isReplacing: boolean,
  ): Promise<ToldInstance>;
  /** Fields that are absent stay as they are, as does the scaling state; a tag that is null goes. */
  change(id: string, changes: Readonly<Record<string, unknown>>): Promise<ToldInstance>;
  setState(id: string, state: NewState): Promise<ToldInstance>;
  remove(id: string): Promise<ToldInstance>;

  events(): Promise<readonly StoredEvent[]>;
  addEvent(event: Readonly<Record<string, unknown>>): Promise<StoredEvent>;
  removeEvent(date: string): Promise<StoredEvent>;

  /** Metrics are as the API answers them. */
  metrics(kind: MetricKind): Promise<readonly JsonObject[]>;
  /** Makes these all there are. */
  setMetrics(kind: MetricKind, metrics: JsonValue): Promise<readonly JsonObject[]>;
  addMetric(kind: MetricKind, metric: JsonValue): Promise<readonly JsonObject[]>;
  /** Of the name, or all. */
  removeMetrics(kind: MetricKind, name: string | null): Promise<{ readonly removed: number }>;

  /** Definitions by key. */
  catalogue(): Promise<Readonly<Record<string, JsonObject>>>;
  putCatalogue(document: JsonValue): Promise<Readonly<Record<string, JsonObject>>>;
  /** All of them or, when one is not known, none. */
  removeCatalogueKeys(keys: readonly string[]): Promise<Readonly<Record<string, JsonObject>>>;

  /** How many of each kind the document had. */
  import(document: JsonValue): Promise<Readonly<Record<string, number>>>;
  /** The JSON text: read into numbers it would lose `1.0`. */
  export(): Promise<string>;
}

/** A client of the server whose socket is at `path`; each call throws AdminRefusedError or AdminUnreachableError. */
export function createAdminClient(path: string): AdminClient {
  const ask = async (method: string, target: string, body?: unknown): Promise<string> => {
    const text = body === undefined ? '' : printDocument(body as JsonValue, 'json');
    const answer = await exchange(path, { method, target, body: text });
    if (answer.status === 200) return answer.text;
    const { message } = parseAnswer(answer.text) as { message?: string };
    throw new AdminRefusedError(message ?? `status ${answer.status}`);
  };
  const call = async <Result>(method: string, target: string, body?: unknown): Promise<Result> =>
    parseAnswer(await ask(method, target, body)) as Result;
  const member = (id: string) => `/instances/${encodeURIComponent(id)}`;
  return {
    instances: () => call('GET', '/instances'),
    instance: (id) => call('GET', member(id)),
    put: (instance, isReplacing) =>
      isReplacing ? call('PUT', member(instance.id), instance) : call('POST', '/instances', instance),
    change: (id, changes) => call('PATCH', member(id), changes),
    setState: (id, state) => call('PUT', `${member(id)}/state`, state),
    remove: (id) => call('DELETE', member(id)),
    events: () => call('GET', '/events'),
    addEvent: (event) => call('POST', '/events', event),
    removeEvent: (date) => call('DELETE', `/events/${encodeURIComponent(date)}`),
    metrics: (kind) => call('GET', `/metrics/${kind}`),
    setMetrics: (kind, metrics) => call('PUT', `/metrics/${kind}`, metrics),
    addMetric: (kind, metric) => call('POST', `/metrics/${kind}`, metric),
    removeMetrics: (kind, name) =>
      call('DELETE', `/metrics/${kind}${name === null ? '' : `?${new URLSearchParams({ name })}`}`),
    catalogue: () => call('GET', '/catalogue'),
    putCatalogue: (document) => call('PUT', '/catalogue', document),
    removeCatalogueKeys: (keys) =>
      call(
        'DELETE',
        `/catalogue?${new URLSearchParams(keys.map((key) => ['key', key] as [string, string]))}`,
      ),
    import: (document) => call('POST', '/import', document),
    export: async () => (await ask('GET', '/export')).trimEnd(),
  };
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AdminUnreachableError('EPROTO', 'what answers there is not cs-interact serve', {
      cause: error,
    });
  }
}
