// The tags by which an operator takes an instance out of service, whatever its state.

const EXCLUDED = 'clonesquad:excluded';
const FORCED_IN = 'clonesquad:force-excluded-instance-in-targetgroups';

/** Whether the tags exclude the instance from serving; only `true` and `True` count, as in CloneSquad's own tools. */
export function isExcludedByTags(tags: Readonly<Record<string, string>>): boolean {
  return isTrue(tags[EXCLUDED]) && !isTrue(tags[FORCED_IN]);
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === 'True';
}
