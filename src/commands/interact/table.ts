// The two tables of a deployment that operators write, configuration and schedule, through the operations that reach them:
// one key by its path where a path can name it, anything through the whole table.
import { isPathKey } from '../../interaction/client/call.ts';
import type { TableChange } from '../../interaction/client/table-diff.ts';
import {
  memberOfSet,
  ownMember,
  type TableDocument,
  toTableDocument,
} from '../../interaction/contract/table-document.ts';
import type { ApiSession } from './api-session.ts';
import { CommandFailure } from './command-context.ts';

export type TableName = 'configuration' | 'scheduler';

const keyOperations = { configuration: 'configurationKey', scheduler: 'schedulerKey' } as const;

/** Throws CommandFailure for a key that no table can have. */
export function requireKey(key: string): void {
  const problem = key === '' ? 'empty' : /[\r\n]/.test(key) ? 'it has a line break' : null;
  if (problem !== null) throw new CommandFailure(2, `key ${JSON.stringify(key)}: ${problem}`);
}

export interface StoredTable {
  readonly document: TableDocument;
  readonly raw: string;
  /** Whether parameter sets are in it: the oldest API shows none. */
  readonly hasSets: boolean;
}

/** The table as it is stored, in the form that can be loaded again. */
export async function readTable({ client, limits }: ApiSession, table: TableName): Promise<StoredTable> {
  if (table === 'scheduler') {
    const { model, raw } = await client.ask('scheduler', {}, limits);
    return { document: model, raw, hasSets: true };
  }
  const { model, raw } = await client.ask(
    'configuration',
    { query: { raw: 'true', unstable: 'true' } },
    limits,
  );
  if (model.kind === 'table') return { document: model.table, raw, hasSets: true };
  // The oldest API has no raw form: the table is those of the effective values that come from it, parameter sets aside.
  const stored = model.entries.filter(({ origin }) => origin.startsWith('DynamoDB configuration table'));
  const items = stored.map(({ key, value }) => ({ key, value: String(value) }));
  return { document: toTableDocument(items), raw, hasSets: false };
}

/** Those of the keys that the table is known not to have. */
export function absentKeys({ document, hasSets }: StoredTable, keys: readonly string[]): readonly string[] {
  return keys.filter((key) => valueIn(document, key) === null && (hasSets || !key.startsWith('[')));
}

/** The value of a key in a table, or null. `[set]name` is a key too. */
export function valueIn(document: TableDocument, key: string): string | null {
  const own = ownMember(document, key);
  if (typeof own === 'string') return own;
  const named = memberOfSet(key);
  const members = named === null ? undefined : ownMember(document, named.set);
  return (typeof members === 'object' ? ownMember(members, named!.name) : undefined) ?? null;
}

export interface Written {
  readonly key: string;
  /** Null deletes it. */
  readonly value: string | null;
  /** Null for a value that stays. */
  readonly ttlS: number | null;
}

/** Writes one key and gives the API's words. Throws CommandFailure for what the API would not do, or would do otherwise. */
export async function writeKey(api: ApiSession, table: TableName, written: Written): Promise<string> {
  const { key, value, ttlS } = written;
  const hasPath = isPathKey(key);
  if (ttlS !== null) await requireTtl(api, key, hasPath);
  // Before the latest API, a scheduled action could not be written by itself.
  const isByPath = hasPath && (table === 'configuration' || (await api.isLatest()) !== false);
  if (!isByPath) return writeChanges(api, table, [{ key, old: null, new: value }]);
  const query = { ttl: ttlS === null ? undefined : String(ttlS) };
  // A line that is empty deletes; no body at all is an error there.
  return api.client.write(keyOperations[table], { argument: key, query, body: value ?? '\n' }, api.limits);
}

async function requireTtl(api: ApiSession, key: string, hasPath: boolean): Promise<void> {
  if (!hasPath) {
    throw new CommandFailure(
      2,
      `${key}: --ttl is not possible: the API takes one in a path only, and a path cannot name this key`,
    );
  }
  const isLatest = await api.isLatest();
  if (isLatest === true) return;
  if (isLatest === null) {
    throw new CommandFailure(
      1,
      `${key}: --ttl is not possible: older APIs keep the value for ever, and this one does not tell what it is: allow these credentials its listing (GET/)`,
    );
  }
  throw new CommandFailure(
    1,
    `${key}: --ttl is not possible: this API is too old and would keep the value for ever`,
  );
}

/** Writes changes by one POST of the whole table's operation; the API's words about it. */
export async function writeChanges(
  { client, limits }: ApiSession,
  table: TableName,
  changes: readonly TableChange[],
): Promise<string> {
  return client.write(table, { body: JSON.stringify(toChangesDocument(changes)) }, limits);
}

/** The document that makes these changes and no others: null deletes, and `[set]name` is nested, as it is in dumps. */
function toChangesDocument(changes: readonly TableChange[]): Record<string, unknown> {
  const isPlain = ({ key }: TableChange) => memberOfSet(key) === null;
  const plain = new Map(changes.filter(isPlain).map(({ key, new: value }) => [key, value]));
  const sets = new Map<string, [string, string | null][]>();
  for (const { key, new: value } of changes) {
    const member = memberOfSet(key);
    if (member === null) continue;
    const { set, name } = member;
    // A document cannot have a set and a plain key of one name; the member's own key says the same.
    if (plain.has(set)) plain.set(key, value);
    else sets.set(set, [...(sets.get(set) ?? []), [name, value]]);
  }
  const nested = [...sets].map(([set, members]) => [set, Object.fromEntries(members)] as const);
  return Object.fromEntries<unknown>([...plain, ...nested]);
}
