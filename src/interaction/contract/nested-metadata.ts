// An instance's metadata in D0, which nests the changing part under `Instance`.
import type { InstanceMetadata } from './instance-metadata.ts';
import type { JsonValue } from './python-json.ts';
import { readBoolean, readName, toObject, type WireObject } from './wire-fields.ts';
import { readTags, toWireTags } from './wire-tags.ts';

/** `prefix` is what messages put before the names of fields. Throws WireFieldError. */
export function fromNested(answer: WireObject, instanceId: string, prefix: string): InstanceMetadata {
  const instance = toObject(answer.Instance, `${prefix}Instance`);
  const name = (field: string) => readName(instance, field, `${prefix}Instance.${field}`);
  return {
    dialect: 'd0',
    instanceId,
    instanceName: null,
    instanceType: null,
    availabilityZone: name('AvailabilityZone'),
    locatedInAzWithIssues: readBoolean(answer, 'LocatedInAZWithIssues', `${prefix}LocatedInAZWithIssues`),
    state: name('State'),
    status: name('Status'),
    subfleetName: null,
    spotInstance: null,
    spotDetails: null,
    tags: readTags(instance, `${prefix}Instance.Tags`),
    targetGroups: null,
    targetGroupArns: [],
  };
}

/** Without the id, which the list of the fleet has as the key. */
export function toNestedMember(instance: InstanceMetadata): Record<string, JsonValue> {
  return {
    LocatedInAZWithIssues: instance.locatedInAzWithIssues,
    Instance: {
      AvailabilityZone: instance.availabilityZone,
      State: instance.state,
      Status: instance.status,
      Tags: toWireTags(instance.tags),
    },
  };
}
