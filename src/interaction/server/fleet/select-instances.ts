// Which instances an operator means: those with one of the ids or names, of one of the subfleets, or with all of the tags.
import { runInNewContext } from 'node:vm';
import { type FleetInstance, nameOf, subfleetOf } from './fleet-instance.ts';

export interface Selection {
  /** `all` stands for every instance. Unknown ids select nothing. */
  readonly ids: readonly string[];
  readonly names: readonly string[];
  /** Null: the main fleet. */
  readonly subfleets: readonly string[] | null;
  /** Null: the instance must not have the tag. A value with a `*` is a regular expression for its beginning, `*` alone any value. */
  readonly tags: Readonly<Record<string, string | null>>;
}

/** A tag's pattern that is none, or that takes too long to match. One line, fit for the person who gave it. */
export class TagPatternError extends Error {
  override readonly name = 'TagPatternError';
}

/** Long for any sensible pattern on the tags of a whole fleet; the server answers nobody else meanwhile. */
const matchTimeoutMs = 100;

/** The ids of the selected instances, each once, in the order of the fleet. Throws TagPatternError. */
export function selectInstances(fleet: readonly FleetInstance[], selection: Selection): readonly string[] {
  const { ids, names, subfleets, tags } = selection;
  const wanted = new Set(ids);
  const hasTags = tagMatcher(fleet, tags);
  const isAmong = (known: string | null, named: readonly string[]) => known !== null && named.includes(known);
  const isSelected = (instance: FleetInstance) => {
    const subfleet = subfleetOf(instance);
    return (
      wanted.has('all') ||
      wanted.has(instance.id) ||
      isAmong(nameOf(instance), names) ||
      (subfleets === null ? subfleet === null : isAmong(subfleet, subfleets)) ||
      hasTags(instance)
    );
  };
  return fleet.filter(isSelected).map(({ id }) => id);
}

type TagTest = (value: string | null) => boolean;

function tagMatcher(
  fleet: readonly FleetInstance[],
  tags: Selection['tags'],
): (instance: FleetInstance) => boolean {
  const isMatched = matchPatterns(fleet, tags);
  const tests = Object.entries(tags).map(([key, wanted]): [string, TagTest] => {
    if (wanted === null) return [key, (value) => value === null];
    if (!wanted.includes('*')) return [key, (value) => value === wanted];
    return [key, (value) => value !== null && (wanted === '*' || isMatched(key, value))];
  });
  return (instance) => tests.length > 0 && tests.every(([key, test]) => test(tagOf(instance, key)));
}

function tagOf({ tags }: FleetInstance, key: string): string | null {
  return Object.hasOwn(tags, key) ? tags[key]! : null;
}

/** All patterns on all values at once, in another context: one from outside may take forever, and only there it can be ended. */
function matchPatterns(
  fleet: readonly FleetInstance[],
  tags: Selection['tags'],
): (key: string, value: string) => boolean {
  const patterns = Object.entries(tags).flatMap(([key, wanted]) =>
    wanted?.includes('*') && wanted !== '*' ? [{ key, expression: toExpression(key, wanted) }] : [],
  );
  if (patterns.length === 0) return () => false;
  const values = patterns.map(({ key }) => [...new Set(fleet.map((instance) => tagOf(instance, key)))]);
  const matched = filterInTime(
    patterns.map(({ expression }) => expression),
    values.map((ofOne) => ofOne.filter((value) => value !== null)),
  );
  const byKey = new Map(patterns.map(({ key }, index) => [key, new Set(matched[index])]));
  return (key, value) => byKey.get(key)?.has(value) ?? false;
}

/** For each expression those of its values that it matches. */
function filterInTime(
  expressions: readonly RegExp[],
  values: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const script = `JSON.stringify(
    JSON.parse(values).map((ofOne, index) => ofOne.filter((value) => expressions[index].test(value))))`;
  const context = { values: JSON.stringify(values), expressions };
  try {
    return JSON.parse(runInNewContext(script, context, { timeout: matchTimeoutMs })) as string[][];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TagPatternError(`Tags: take more than ${matchTimeoutMs} ms to match`, { cause: error });
  }
}

function toExpression(key: string, pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})`);
  } catch (error) {
    throw new TagPatternError(`Tags.${key}: not a regular expression`, { cause: error });
  }
}
