// A change of some fields of an instance: the others stay as they are, as does what scaling has decided.
import { type FleetInstance, subfleetTag } from '../fleet/fleet-instance.ts';
import { FleetInstanceError, parseFleetInstance } from '../fleet/parse-fleet-instance.ts';

/**
 * The instance with the fields of `changes` in place of its own. Tags are merged, and one that is null goes, as does the
 * subfleet's with a subfleet that is null. Of target groups and Spot events, what a change makes untrue goes with it.
 * Throws FleetInstanceError.
 */
export function mergeInstance(
  instance: FleetInstance,
  changes: Readonly<Record<string, unknown>>,
): FleetInstance {
  for (const field of ['id', 'state', 'scalingState']) {
    if (changes[field] === undefined) continue;
    const advice = field === 'id' ? 'add another instance' : "set the instance's state";
    throw new FleetInstanceError(`${field}: cannot be changed so, ${advice} instead`);
  }
  return parseFleetInstance({
    ...instance,
    ...staleFields(changes),
    ...changes,
    tags: mergeTags(withoutSubfleet(instance.tags, changes.subfleet), changes.tags),
  });
}

/** Values for the fields that would contradict the changed ones. */
function staleFields(changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    ...(changes.targetGroupArns === undefined ? {} : { targetGroups: undefined }),
    ...(changes.targetGroups === undefined ? {} : { targetGroupArns: [] }),
    ...(changes.spot === false ? { spotInterruptedAt: null, spotRebalanceRecommendedAt: null } : {}),
  };
}

function withoutSubfleet(tags: FleetInstance['tags'], subfleet: unknown): FleetInstance['tags'] {
  if (subfleet !== null) return tags;
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key !== subfleetTag));
}

function mergeTags(tags: FleetInstance['tags'], changes: unknown): unknown {
  if (changes === undefined) return tags;
  // Not an object: the parser says so.
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return changes;
  const merged = { ...tags, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
