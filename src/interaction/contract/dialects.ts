// `metadata` and the fleet's list in each dialect, and the one model that all of them are read into.
import { fromFlat, toFlat } from './flat-metadata.ts';
import type { Dialect, InstanceMetadata } from './instance-metadata.ts';
import { fromNested, toNestedMember } from './nested-metadata.ts';
import type { JsonValue } from './python-json.ts';
import { readName, toObject, WireFieldError } from './wire-fields.ts';

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
    return { ok: true, metadata: fromWire(body, 'answer', null) };
  } catch (error) {
    if (error instanceof WireFieldError) return { ok: false, problem: error.message };
    throw error;
  }
}

/**
 * Reads the parsed JSON body of `fleet/metadata`, an array, or of `allmetadatas`, an object by instance id whose members
 * do not repeat it. Throws WireFieldError.
 */
export function parseFleetMetadata(body: unknown): readonly InstanceMetadata[] {
  if (Array.isArray(body)) return body.map((item, index) => fromWire(item, `answer[${index}]`, null));
  return Object.entries(toObject(body, 'answer')).map(([id, item]) => fromWire(item, id, id));
}

/** `where` is what messages call the object; `knownId` is its id when it is said elsewhere. */
function fromWire(value: unknown, where: string, knownId: string | null): InstanceMetadata {
  const answer = toObject(value, where);
  // Fields of a single answer go by their own name.
  const prefix = where === 'answer' ? '' : `${where}.`;
  const instanceId = knownId ?? readName(answer, 'InstanceId', `${prefix}InstanceId`);
  return answer.Instance === undefined
    ? fromFlat(answer, instanceId, prefix)
    : fromNested(answer, instanceId, prefix);
}

/** The wire object that a server of `dialect` sends for an instance; what the dialect cannot say is left out. */
export function renderInstanceMetadata(
  instance: InstanceMetadata,
  dialect: Dialect,
): Record<string, JsonValue> {
  return dialect === 'd0' ? toNested(instance) : toFlat(instance);
}

/** The body that lists the fleet in `dialect`: an object by id in D0, where members do not repeat it, else an array. */
export function renderFleetMetadata(instances: readonly InstanceMetadata[], dialect: Dialect): JsonValue {
  if (dialect !== 'd0') return instances.map(toFlat);
  return Object.fromEntries(instances.map((instance) => [instance.instanceId, toNestedMember(instance)]));
}

function toNested(instance: InstanceMetadata): Record<string, JsonValue> {
  return { InstanceId: instance.instanceId, ...toNestedMember(instance) };
}
