// CloneSquad's own picture of its fleet, rewritten by it after each scheduling run: where the tables are CloneSquad's, its
// instances are known without anybody entering them.
import { parseFleetMetadata } from '../../contract/dialects.ts';
import type { InstanceMetadata } from '../../contract/instance-metadata.ts';
import { parseSentMetrics, type SentMetric } from '../../contract/metrics.ts';
import { isAbsent, WireFieldError, type WireObject } from '../../contract/wire-fields.ts';
import { type KeyValueTable, type StoredItem, StoreError } from '../store/store.ts';
import type { FleetInstance } from './fleet-instance.ts';
import { unpackJson } from './packed-json.ts';
import { FleetInstanceError, statesOf, withSubfleet } from './parse-fleet-instance.ts';

/** The State item that CloneSquad keeps it in. */
export const snapshotKey = 'interact.precomputed';

export interface Snapshot {
  readonly instances: ReadonlyMap<string, FleetInstance>;
  readonly sentMetrics: readonly SentMetric[];
}

/**
 * Reads the snapshot, which is empty without one, and decodes it when its text has changed since the last time: that takes
 * milliseconds, and every poll of an instance that only the snapshot has asks for it. Throws StoreError when it cannot be
 * understood.
 */
export function createSnapshotReader(state: KeyValueTable): () => Promise<Snapshot> {
  let last: { readonly text: string | undefined; readonly snapshot: Snapshot } | null = null;
  return async () => {
    const item = await state.get(snapshotKey);
    if (last === null || last.text !== item?.value)
      last = { text: item?.value, snapshot: parseSnapshot(item) };
    return last.snapshot;
  };
}

/** What the item says. Throws StoreError when it cannot be understood. */
export function parseSnapshot(item: StoredItem | null): Snapshot {
  const document = unpackJson(item) as { data?: WireObject | null } | null;
  const { metadata, 'cloudwatch/sentmetrics': metrics } = document?.data ?? {};
  try {
    const instances = isAbsent(metadata) ? [] : parseFleetMetadata(metadata).map(toFleetInstance);
    return {
      instances: new Map(instances.map((instance) => [instance.id, instance])),
      sentMetrics: isAbsent(metrics) ? [] : parseSentMetrics(metrics),
    };
  } catch (error) {
    if (!(error instanceof WireFieldError || error instanceof FleetInstanceError)) throw error;
    throw new StoreError(`item ${snapshotKey}: ${error.message}`, { cause: error });
  }
}

/** An instance as the API tells of it, in the form that it is kept in. */
export function toFleetInstance(metadata: InstanceMetadata): FleetInstance {
  return {
    id: metadata.instanceId,
    name: metadata.instanceName,
    type: metadata.instanceType ?? 'unknown',
    az: metadata.availabilityZone,
    azIssues: metadata.locatedInAzWithIssues,
    ...statesOf(metadata.state),
    status: metadata.status,
    spot: metadata.spotInstance ?? false,
    spotInterruptedAt: metadata.spotDetails?.interruptedAt ?? null,
    spotRebalanceRecommendedAt: metadata.spotDetails?.rebalanceRecommendedAt ?? null,
    tags: withSubfleet(metadata.tags, metadata.subfleetName),
    targetGroups: metadata.targetGroups ?? 0,
    targetGroupArns: metadata.targetGroupArns,
  };
}
