// From an instance as it is kept to what the API tells of it.
import type { Dialect, InstanceMetadata } from '../../contract/instance-metadata.ts';
import { effectiveState, type FleetInstance, nameOf, subfleetOf } from './fleet-instance.ts';
import { currentSpotEvents } from './spot-events.ts';

/** What the dialect tells of an instance at that time. */
export function toInstanceMetadata(
  instance: FleetInstance,
  dialect: Dialect,
  nowMs: number,
): InstanceMetadata {
  return {
    dialect: dialect === 'd0' ? 'd0' : 'flat',
    instanceId: instance.id,
    instanceName: nameOf(instance),
    instanceType: instance.type,
    availabilityZone: instance.az,
    locatedInAzWithIssues: instance.azIssues,
    state: effectiveState(instance, dialect),
    status: instance.status,
    subfleetName: subfleetOf(instance),
    spotInstance: instance.spot,
    spotDetails: currentSpotEvents(instance, nowMs),
    tags: instance.tags,
    targetGroups: instance.targetGroups,
    targetGroupArns: instance.targetGroupArns,
  };
}
