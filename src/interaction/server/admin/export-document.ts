// Everything that the server keeps, in the form that an import takes: importing it again changes nothing.
import { renderCachedMetrics, renderSentMetrics } from '../../contract/metrics.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import { scalingStatePrefix } from '../fleet/fleet.ts';
import type { FleetInstance } from '../fleet/fleet-instance.ts';
import { snapshotKey } from '../fleet/snapshot.ts';
import { readCatalogue, renderCatalogue } from '../records/catalogue.ts';
import { readDiscovery } from '../records/discovery.ts';
import { readCachedMetrics, readSentMetrics } from '../records/metrics.ts';
import type { StoredEvent, StoredItem } from '../store/store.ts';
import type { AdminServices } from './admin-request.ts';

/** Everything, under the names that an import takes it by. Throws StoreError. */
export async function exportDocument({ store, fleet, group }: AdminServices): Promise<JsonValue> {
  const [known, state, discovery] = await Promise.all([
    fleet.instances(),
    store.state.items(),
    readDiscovery(store.inventory),
  ]);
  const scalingStates = new Map(
    state
      .filter(({ key }) => key.startsWith(scalingStatePrefix))
      .map((item) => [item.key.slice(scalingStatePrefix.length), item]),
  );
  const ids = new Set(known.map(({ id }) => id));
  // CloneSquad makes its snapshot anew at each run: the instances of it are exported as instances.
  const isElsewhere = ({ key }: StoredItem) =>
    key === snapshotKey ||
    (key.startsWith(scalingStatePrefix) && ids.has(key.slice(scalingStatePrefix.length)));
  return {
    version: 2,
    group,
    instances: known.map((instance) => ({
      ...instance,
      ...scalingStateEnd(instance, scalingStates.get(instance.id)),
    })),
    state: state.filter((item) => !isElsewhere(item)).map(itemToJson),
    configuration: (await store.configuration.items()).map(itemToJson),
    scheduler: (await store.scheduler.items()).map(itemToJson),
    catalogue: renderCatalogue(await readCatalogue(store)),
    sentMetrics: renderSentMetrics(await readSentMetrics(store)),
    metricCache: renderCachedMetrics(await readCachedMetrics(store)),
    events: (await store.events.events()).map(eventToJson),
    ...(discovery === null ? {} : { discovery }),
  };
}

/** What is told of an instance besides, when its scaling state, which `item` holds, ends by itself. */
export function scalingStateEnd(
  { scalingState }: FleetInstance,
  item: StoredItem | undefined,
): { scalingStateEndsAtS?: number } {
  if (scalingState === null || item?.expiresAtS === undefined) return {};
  return { scalingStateEndsAtS: item.expiresAtS };
}

/** The table's items as they are: a document of keys and values has no place for expiries. */
function itemToJson({ key, value, expiresAtS }: StoredItem): JsonValue {
  return expiresAtS === undefined ? { key, value } : { key, value, expiresAtS };
}

/** The attributes that the event has. */
export function eventToJson(event: StoredEvent): JsonValue {
  const attributes = Object.entries(event).filter(([, attribute]) => attribute !== undefined);
  return Object.fromEntries(attributes as [string, string | number][]);
}
