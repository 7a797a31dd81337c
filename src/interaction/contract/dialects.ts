// What `metadata` looks like on the wire in each dialect, and the one model that all of them are read into. D0 nests
// the changing part under `Instance`; D1 and D2 are flat and tell more.
import type { Dialect, InstanceMetadata } from './instance-metadata.ts';
import type { JsonValue } from './python-json.ts';
import {
  isAbsent,
  readArray,
  readBoolean,
  readCount,
  readName,
  readOptionalBoolean,
  readOptionalName,
  readString,
  toObject,
  WireFieldError,
  type WireObject,
} from './wire-fields.ts';

export const dialects: readonly Dialect[] = ['d0', 'd1', 'd2'];

export type ParsedMetadata =
  | { readonly ok: true; readonly metadata: InstanceMetadata }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads the parsed JSON body of a `metadata` answer of any dialect. Every field that is used is checked and unknown
 * members are ignored; `State` stays whatever string was sent, up to 1 KiB. `problem` names the first wrong field.
 */
export function parseInstanceMetadata(body: unknown): ParsedMetadata {
  try {
    const answer = toObject(body, 'answer');
    const isNested = answer.Instance !== undefined;
    return { ok: true, metadata: isNested ? fromNested(answer) : fromFlat(answer) };
  } catch (error) {
    if (error instanceof WireFieldError) return { ok: false, problem: error.message };
    throw error;
  }
}

function fromNested(answer: WireObject): InstanceMetadata {
  const instance = toObject(answer.Instance, 'Instance');
  return {
    dialect: 'd0',
    instanceId: readName(answer, 'InstanceId'),
    instanceName: null,
    instanceType: null,
    availabilityZone: readName(instance, 'AvailabilityZone', 'Instance.AvailabilityZone'),
    locatedInAzWithIssues: readBoolean(answer, 'LocatedInAZWithIssues'),
    state: readName(instance, 'State', 'Instance.State'),
    status: readName(instance, 'Status', 'Instance.Status'),
    subfleetName: null,
    spotInstance: null,
    tags: readTags(instance, 'Instance.Tags'),
    targetGroups: null,
  };
}

function fromFlat(answer: WireObject): InstanceMetadata {
  return {
    dialect: 'flat',
    instanceId: readName(answer, 'InstanceId'),
    instanceName: readOptionalName(answer, 'InstanceName'),
    instanceType: readOptionalName(answer, 'InstanceType'),
    availabilityZone: readName(answer, 'AvailabilityZone'),
    locatedInAzWithIssues: readBoolean(answer, 'LocatedInAZWithIssues'),
    state: readName(answer, 'State'),
    status: readName(answer, 'Status'),
    subfleetName: readOptionalName(answer, 'SubfleetName'),
    spotInstance: readOptionalBoolean(answer, 'SpotInstance'),
    tags: readTags(answer, 'Tags'),
    targetGroups: readTargetGroups(answer),
  };
}

function readTags(object: WireObject, path: string): Record<string, string> {
  // fromEntries defines properties: a tag named __proto__ stays a tag.
  return Object.fromEntries(
    readArray(object, 'Tags', path).map((item, index) => {
      const tag = toObject(item, `${path}[${index}]`);
      return [
        readString(tag, 'Key', `${path}[${index}].Key`),
        readString(tag, 'Value', `${path}[${index}].Value`),
      ];
    }),
  );
}

function readTargetGroups(answer: WireObject): number | null {
  if (isAbsent(answer.TargetGroups)) return null;
  const targetGroups = toObject(answer.TargetGroups, 'TargetGroups');
  return readCount(targetGroups, 'NbOfTargetGroups', 'TargetGroups.NbOfTargetGroups');
}

/** The wire object that a server of `dialect` sends for an instance; what the dialect cannot say is left out. */
export function renderInstanceMetadata(
  instance: InstanceMetadata,
  dialect: Dialect,
): Record<string, JsonValue> {
  return dialect === 'd0' ? toNested(instance) : toFlat(instance);
}

function toNested(instance: InstanceMetadata): Record<string, JsonValue> {
  return {
    InstanceId: instance.instanceId,
    LocatedInAZWithIssues: instance.locatedInAzWithIssues,
    Instance: {
      AvailabilityZone: instance.availabilityZone,
      State: instance.state,
      Status: instance.status,
      Tags: toWireTags(instance),
    },
  };
}

function toFlat(instance: InstanceMetadata): Record<string, JsonValue> {
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
    ...(isSpot ? { SpotDetails: { InterruptedAt: null, RebalanceRecommendedAt: null } } : {}),
    Tags: toWireTags(instance),
    // The model keeps how many there are, not which.
    ...(instance.targetGroups === null
      ? {}
      : { TargetGroups: { NbOfTargetGroups: instance.targetGroups, Arns: [] } }),
  };
}

function toWireTags(instance: InstanceMetadata): JsonValue {
  return Object.entries(instance.tags).map(([Key, Value]) => ({ Key, Value }));
}
