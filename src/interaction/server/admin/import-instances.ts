// Instances in a document: as they are exported, as the fleet file of the version before has them, or as `fleet/metadata`
// and `allmetadatas` answer them.
import { parseFleetMetadata } from '../../contract/dialects.ts';
import type { FleetEntry } from '../fleet/fleet.ts';
import { effectiveState, type FleetInstance } from '../fleet/fleet-instance.ts';
import { parseFleetInstance } from '../fleet/parse-fleet-instance.ts';
import { toFleetInstance } from '../fleet/snapshot.ts';
import { RecordError } from '../records/record-error.ts';
import { parseAt } from './mistake.ts';

/** A scaling state that has ended by now is left out. Throws RecordError, WireFieldError or FleetInstanceError. */
export function parseImportedInstances(value: unknown, nowMs: number): readonly FleetEntry[] {
  const entries = isAnswer(value)
    ? parseFleetMetadata(value).map((metadata) => {
        const known = withoutTagState(toFleetInstance(metadata));
        return { instance: parseAt(known.id, () => parseFleetInstance(known)) };
      })
    : toList(value).map((entry, index) => parseAt(`[${index}]`, () => parseEntry(entry, nowMs)));
  requireDifferentIds(entries);
  return entries;
}

/** D0 answers an object by id; the others a list whose members have `InstanceId` where ours have `id`. */
function isAnswer(value: unknown): boolean {
  if (!Array.isArray(value)) return true;
  return value.some((entry) => typeof entry === 'object' && entry !== null && 'InstanceId' in entry);
}

function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new RecordError('expected a list of instances');
}

/** `excluded` is D0's word for a running instance with such tags, which say so themselves: no decision of scaling. */
function withoutTagState(instance: FleetInstance): FleetInstance {
  if (instance.scalingState !== 'excluded') return instance;
  const unscaled = { ...instance, scalingState: null };
  return effectiveState(unscaled, 'd0') === 'excluded' ? unscaled : instance;
}

function parseEntry(value: unknown, nowMs: number): FleetEntry {
  if (typeof value !== 'object' || value === null) throw new RecordError('expected an object');
  const { scalingStateEndsAtS, ...fields } = value as Readonly<Record<string, unknown>>;
  const instance = parseFleetInstance(fields);
  if (scalingStateEndsAtS === undefined) return { instance };
  if (typeof scalingStateEndsAtS !== 'number' || !Number.isSafeInteger(scalingStateEndsAtS)) {
    throw new RecordError('scalingStateEndsAtS: expected whole seconds since 1970');
  }
  const hasEnded = scalingStateEndsAtS * 1000 <= nowMs;
  return hasEnded ? { instance: { ...instance, scalingState: null } } : { instance, scalingStateEndsAtS };
}

function requireDifferentIds(entries: readonly FleetEntry[]): void {
  const seen = new Set<string>();
  for (const { instance } of entries) {
    if (seen.has(instance.id)) throw new RecordError(`${instance.id}: more than once`);
    seen.add(instance.id);
  }
}
