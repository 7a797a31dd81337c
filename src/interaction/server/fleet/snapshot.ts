// CloneSquad's own picture of its fleet, rewritten by it after each scheduling run: where the tables are CloneSquad's, its
// instances are known without anybody entering them.
import { parseFleetMetadata } from '../../contract/dialects.ts';
import type { InstanceMetadata } from '../../contract/instance-metadata.ts';
import { WireFieldError } from '../../contract/wire-fields.ts';
import { type Store, StoreError } from '../store/store.ts';
import type { FleetInstance } from './fleet-instance.ts';
import { readJson } from './packed-json.ts';
import { FleetInstanceError, statesOf } from './parse-fleet-instance.ts';

const snapshotKey = 'interact.precomputed';

/** The instances of the snapshot; none without one. Throws StoreError when it cannot be understood. */
export async function readSnapshot(store: Store): Promise<readonly FleetInstance[]> {
  const document = (await readJson(store.state, snapshotKey)) as { data?: { metadata?: unknown } } | null;
  const metadata = document?.data?.metadata;
  if (metadata === undefined || metadata === null) return [];
  try {
    return parseFleetMetadata(metadata).map(toFleetInstance);
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
    subfleet: metadata.subfleetName,
    spot: metadata.spotInstance ?? false,
    spotInterruptedAt: metadata.spotDetails?.interruptedAt ?? null,
    spotRebalanceRecommendedAt: metadata.spotDetails?.rebalanceRecommendedAt ?? null,
    tags: metadata.tags,
    targetGroups: metadata.targetGroups ?? 0,
    targetGroupArns: metadata.targetGroupArns,
  };
}
