// An instance's metadata in D1 and D2, which is flat and tells more than D0's.
import type { InstanceMetadata, SpotDetails } from './instance-metadata.ts';
import type { JsonValue } from './python-json.ts';
import {
  isAbsent,
  readBoolean,
  readCount,
  readName,
  readOptionalBoolean,
  readOptionalName,
  readStrings,
  toObject,
  type WireObject,
} from './wire-fields.ts';
import { readTags, toWireTags } from './wire-tags.ts';

/** `prefix` is what messages put before the names of fields. Throws WireFieldError. */
export function fromFlat(answer: WireObject, instanceId: string, prefix: string): InstanceMetadata {
  const name = (field: string) => readName(answer, field, prefix + field);
  const optionalName = (field: string) => readOptionalName(answer, field, prefix + field);
  return {
    dialect: 'flat',
    instanceId,
    instanceName: optionalName('InstanceName'),
    instanceType: optionalName('InstanceType'),
    availabilityZone: name('AvailabilityZone'),
    locatedInAzWithIssues: readBoolean(answer, 'LocatedInAZWithIssues', `${prefix}LocatedInAZWithIssues`),
    state: name('State'),
    status: name('Status'),
    subfleetName: optionalName('SubfleetName'),
    spotInstance: readOptionalBoolean(answer, 'SpotInstance', `${prefix}SpotInstance`),
    spotDetails: readSpotDetails(answer, `${prefix}SpotDetails`),
    tags: readTags(answer, `${prefix}Tags`),
    ...readTargetGroups(answer, `${prefix}TargetGroups`),
  };
}

function readSpotDetails(answer: WireObject, path: string): SpotDetails | null {
  if (isAbsent(answer.SpotDetails)) return null;
  const details = toObject(answer.SpotDetails, path);
  return {
    interruptedAt: readOptionalName(details, 'InterruptedAt', `${path}.InterruptedAt`),
    rebalanceRecommendedAt: readOptionalName(
      details,
      'RebalanceRecommendedAt',
      `${path}.RebalanceRecommendedAt`,
    ),
  };
}

function readTargetGroups(
  answer: WireObject,
  path: string,
): Pick<InstanceMetadata, 'targetGroups' | 'targetGroupArns'> {
  if (isAbsent(answer.TargetGroups)) return { targetGroups: null, targetGroupArns: [] };
  const groups = toObject(answer.TargetGroups, path);
  return {
    targetGroups: readCount(groups, 'NbOfTargetGroups', `${path}.NbOfTargetGroups`),
    targetGroupArns: isAbsent(groups.Arns) ? [] : readStrings(groups, 'Arns', `${path}.Arns`),
  };
}

export function toFlat(instance: InstanceMetadata): Record<string, JsonValue> {
  const isSpot = instance.spotInstance === true;
  return {
    InstanceId: instance.instanceId,
    InstanceName: instance.instanceName,
    InstanceType: instance.instanceType,
    AvailabilityZone: instance.availabilityZone,
    LocatedInAZWithIssues: instance.locatedInAzWithIssues,
    State: instance.state,
    Status: instance.status,
    SubfleetName: instance.subfleetName,
    SpotInstance: isSpot,
    ...(isSpot ? { SpotDetails: toWireSpotDetails(instance.spotDetails) } : {}),
    Tags: toWireTags(instance.tags),
    ...(instance.targetGroups === null
      ? {}
      : { TargetGroups: { NbOfTargetGroups: instance.targetGroups, Arns: instance.targetGroupArns } }),
  };
}

function toWireSpotDetails(details: SpotDetails | null): JsonValue {
  return {
    InterruptedAt: details?.interruptedAt ?? null,
    RebalanceRecommendedAt: details?.rebalanceRecommendedAt ?? null,
  };
}
