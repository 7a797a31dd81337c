// The items of a table in a document: a list of `{key, value, expiresAtS}`, as they are exported, or the document that
// `configuration?raw=true` and `scheduler` answer.
import { toTableChanges } from '../../contract/table-document.ts';
import { itemProblem } from '../records/item-limits.ts';
import { RecordError } from '../records/record-error.ts';
import type { Change } from '../store/store.ts';
import { parseAt } from './mistake.ts';

/** Items of different keys. Those that have expired by now are left out. Throws RecordError. */
export function parseTable(value: unknown, nowMs: number): readonly Change[] {
  const changes: readonly Change[] = Array.isArray(value)
    ? value.map((item, index) => parseAt(`[${index}]`, () => parseItem(item)))
    : toTableChanges(toTable(value));
  for (const { key, value } of changes) {
    const problem = itemProblem(key, value);
    if (problem !== null) throw new RecordError(problem);
  }
  // The last of several of one key counts, as it does where documents are merged.
  const different = new Map(changes.map((change) => [change.key, change]));
  return [...different.values()].filter(
    ({ expiresAtS }) => expiresAtS === undefined || expiresAtS * 1000 > nowMs,
  );
}

function parseItem(item: unknown): Change {
  if (typeof item !== 'object' || item === null) throw new RecordError('expected an object');
  const { key, value, expiresAtS, ...unknown } = item as Readonly<Record<string, unknown>>;
  const [unknownField] = Object.keys(unknown);
  if (unknownField !== undefined) throw new RecordError(`${unknownField}: no such field`);
  if (typeof key !== 'string') throw new RecordError('key: expected a string');
  if (typeof value !== 'string' || value === '') throw new RecordError('value: expected a string, not empty');
  if (expiresAtS === undefined) return { key, value };
  if (typeof expiresAtS !== 'number' || !Number.isSafeInteger(expiresAtS)) {
    throw new RecordError('expiresAtS: expected whole seconds since 1970');
  }
  return { key, value, expiresAtS };
}

/** The dump with defaults and descriptions looks alike, and would fill the table with what is no setting of anybody's. */
function toTable(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new RecordError('expected an object or a list');
  const table = value as Readonly<Record<string, unknown>>;
  for (const [key, member] of Object.entries(table)) {
    if (typeof member !== 'object' || member === null || !('ConfigurationOrigin' in member)) continue;
    const advice = 'import that as "catalogue", and here the answer with raw=true';
    throw new RecordError(`${key}: this is the dump with defaults and descriptions: ${advice}`);
  }
  return table;
}
