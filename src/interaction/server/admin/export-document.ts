// Everything that the server keeps, in the form that an import takes: importing it again changes nothing.
import { parseDocument } from '../../contract/documents.ts';
import { renderCachedMetrics, renderSentMetrics } from '../../contract/metrics.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import { scalingStatePrefix } from '../fleet/fleet.ts';
import { readCatalogue, renderCatalogue } from '../records/catalogue.ts';
import { readCachedMetrics, readSentMetrics } from '../records/metrics.ts';
import { type Store, type StoredEvent, type StoredItem, StoreError } from '../store/store.ts';
import type { AdminServices } from './admin-request.ts';

/** Of the inventory, what imports say of the deployment's resources. */
export const discoveryKey = 'discovery';

/** CloneSquad's own picture of the fleet, which it makes anew at each run: its instances are exported as instances. */
const snapshotKey = 'interact.precomputed';

export async function exportDocument({ store, fleet, group }: AdminServices): Promise<JsonValue> {
  const [known, state, discovery] = await Promise.all([
    fleet.instances(),
    store.state.items(),
    readDiscovery(store),
  ]);
  const scalingStates = new Map(
    state
      .filter(({ key }) => key.startsWith(scalingStatePrefix))
      .map((item) => [item.key.slice(scalingStatePrefix.length), item]),
  );
  const ids = new Set(known.map(({ id }) => id));
  const isElsewhere = ({ key }: StoredItem) =>
    key === snapshotKey ||
    (key.startsWith(scalingStatePrefix) && ids.has(key.slice(scalingStatePrefix.length)));
  return {
    version: 2,
    group,
    instances: known.map((instance) => ({
      ...instance,
      ...endOf(instance.scalingState === null ? undefined : scalingStates.get(instance.id)),
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

/** As an import wrote it, `1.0` included; null when none did. */
async function readDiscovery({ inventory }: Store): Promise<JsonValue | null> {
  const item = await inventory.get(discoveryKey);
  if (item === null) return null;
  const parsed = parseDocument(item.value, 'json');
  if (!parsed.ok) throw new StoreError(`item ${discoveryKey}: ${parsed.problem}`);
  return parsed.document as JsonValue;
}

function endOf(item: StoredItem | undefined): { scalingStateEndsAtS?: number } {
  return item?.expiresAtS === undefined ? {} : { scalingStateEndsAtS: item.expiresAtS };
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
