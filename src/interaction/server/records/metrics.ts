// The metrics that operators enter: those that CloneSquad would have sent to CloudWatch, and those that it would have read
// from there. Each is kept as an item of its own, with a number that keeps them in the order of their entry.
import { createHash } from 'node:crypto';
import {
  type CachedMetric,
  parseCachedMetric,
  parseSentMetric,
  renderCachedMetric,
  renderSentMetric,
  type SentMetric,
} from '../../contract/metrics.ts';
import { type JsonValue, pythonJson } from '../../contract/python-json.ts';
import { WireFieldError } from '../../contract/wire-fields.ts';
import { type Store, type StoredItem, StoreError } from '../store/store.ts';
import { itemProblem } from './item-limits.ts';
import { RecordError } from './record-error.ts';
import { type NewItem, replaceItems } from './replace-items.ts';

/** One kind of metric: how it is kept, and by what it is told from others. */
interface Kind<Metric> {
  readonly prefix: string;
  readonly identify: (metric: Metric) => string;
  /** Throws WireFieldError, which calls the metric `path`. */
  readonly parse: (value: unknown, path: string) => Metric;
  readonly render: (metric: Metric) => JsonValue;
}

interface Placed<Metric> {
  readonly place: number;
  readonly metric: Metric;
}

/** A metric is what it is called and what it is measured of. */
const sent: Kind<SentMetric> = {
  prefix: 'sentmetric:',
  identify: ({ metricName, dimensions }) => `${metricName}:${digest(JSON.stringify(dimensions))}`,
  parse: parseSentMetric,
  render: renderSentMetric,
};

const cached: Kind<CachedMetric> = {
  prefix: 'cachedmetric:',
  identify: ({ id }) => id,
  parse: parseCachedMetric,
  render: renderCachedMetric,
};

/** Reads metrics as `cloudwatch/sentmetrics` answers them. Throws RecordError. */
export function parseEnteredSentMetrics(body: unknown): readonly SentMetric[] {
  return parse(sent, body);
}

/** Reads metrics as `cloudwatch/metriccache` answers them; without an `Id` it is derived as CloneSquad does. Throws RecordError. */
export function parseEnteredCachedMetrics(body: unknown): readonly CachedMetric[] {
  return parse(cached, Array.isArray(body) ? body.map(withId) : body);
}

/** In the order of their entry. */
export function readSentMetrics(store: Store): Promise<readonly SentMetric[]> {
  return readAll(sent, store);
}

/** Enters the metrics: one known already changes its value and keeps its place. */
export function putSentMetrics(store: Store, metrics: readonly SentMetric[]): Promise<void> {
  return put(sent, store, metrics);
}

/** Enters the metrics in place of all that there are. */
export function replaceSentMetrics(store: Store, metrics: readonly SentMetric[]): Promise<void> {
  return replace(sent, store, metrics);
}

/** Removes those of the name, whatever they are measured of; gives back how many there were. */
export function removeSentMetrics(store: Store, name: string): Promise<number> {
  return remove(sent, store, (metric) => metric.metricName === name);
}

/** In the order of their entry. */
export function readCachedMetrics(store: Store): Promise<readonly CachedMetric[]> {
  return readAll(cached, store);
}

/** Enters the metrics: one known already changes its values and keeps its place. */
export function putCachedMetrics(store: Store, metrics: readonly CachedMetric[]): Promise<void> {
  return put(cached, store, metrics);
}

/** Enters the metrics in place of all that there are. */
export function replaceCachedMetrics(store: Store, metrics: readonly CachedMetric[]): Promise<void> {
  return replace(cached, store, metrics);
}

/** Removes the one of the metric id, `_MetricId` on the wire; gives back how many there were. */
export function removeCachedMetrics(store: Store, metricId: string): Promise<number> {
  return remove(cached, store, (metric) => metric.metricId === metricId);
}

function parse<Metric>(kind: Kind<Metric>, body: unknown): readonly Metric[] {
  if (!Array.isArray(body)) throw new RecordError('expected a list of metrics');
  return body.map((value, index) => {
    try {
      const metric = kind.parse(value, `[${index}]`);
      const problem = itemProblem(`${kind.prefix}${kind.identify(metric)}`, pythonJson(kind.render(metric)));
      if (problem !== null) throw new RecordError(`[${index}]: ${problem}`);
      return metric;
    } catch (error) {
      if (error instanceof WireFieldError) throw new RecordError(error.message, { cause: error });
      throw error;
    }
  });
}

function withId(metric: unknown): unknown {
  if (typeof metric !== 'object' || metric === null || 'Id' in metric || !('_MetricId' in metric))
    return metric;
  return { ...metric, Id: `id${createHash('sha256').update(String(metric._MetricId)).digest('hex')}` };
}

async function readAll<Metric>(kind: Kind<Metric>, store: Store): Promise<readonly Metric[]> {
  return (await readPlaced(kind, store)).map(({ metric }) => metric);
}

async function readPlaced<Metric>(kind: Kind<Metric>, store: Store): Promise<readonly Placed<Metric>[]> {
  const items = await store.inventory.items(kind.prefix);
  return items.map((item) => fromItem(kind, item)).sort((a, b) => a.place - b.place);
}

async function put<Metric>(kind: Kind<Metric>, store: Store, metrics: readonly Metric[]): Promise<void> {
  const known = await readPlaced(kind, store);
  const places = new Map(known.map(({ place, metric }) => [kind.identify(metric), place]));
  const nextPlace = (known.at(-1)?.place ?? -1) + 1;
  await store.inventory.write(toItems(kind, metrics, places, nextPlace));
}

async function replace<Metric>(kind: Kind<Metric>, store: Store, metrics: readonly Metric[]): Promise<void> {
  await replaceItems(store.inventory, kind.prefix, toItems(kind, metrics, new Map(), 0));
}

async function remove<Metric>(
  kind: Kind<Metric>,
  store: Store,
  isMeant: (metric: Metric) => boolean,
): Promise<number> {
  const known = await readAll(kind, store);
  const removals = known
    .filter(isMeant)
    .map((metric) => ({ key: `${kind.prefix}${kind.identify(metric)}`, value: null }));
  await store.inventory.write(removals);
  return removals.length;
}

/** Of several of one identity the last is entered, at the place of the first. */
function toItems<Metric>(
  kind: Kind<Metric>,
  metrics: readonly Metric[],
  places: ReadonlyMap<string, number>,
  nextPlace: number,
): readonly NewItem[] {
  const unique = new Map(metrics.map((metric) => [kind.identify(metric), metric]));
  return [...unique].map(([identity, metric], index) => {
    const place = places.get(identity) ?? nextPlace + index;
    return { key: `${kind.prefix}${identity}`, value: pythonJson({ place, metric: kind.render(metric) }) };
  });
}

function fromItem<Metric>(kind: Kind<Metric>, { key, value }: StoredItem): Placed<Metric> {
  try {
    const { place, metric } = JSON.parse(value);
    if (typeof place !== 'number') throw new TypeError('expected a place');
    return { place, metric: kind.parse(metric, 'metric') };
  } catch (error) {
    throw new StoreError(`item ${key}: ${(error as Error).message}`, { cause: error });
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
