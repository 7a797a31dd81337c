// What loading a document would do to a table, before it is done.
import { type TableDocument, toTableChanges } from '../contract/table-document.ts';

/** One item. `key` is the item's: `name`, or `[set]name` for what a document nests. */
export interface TableChange {
  readonly key: string;
  /** Null where there is none. */
  readonly old: string | null;
  readonly new: string | null;
}

/** All in the order of their keys. */
export interface TableDiff {
  readonly added: readonly TableChange[];
  readonly changed: readonly TableChange[];
  readonly removed: readonly TableChange[];
  readonly unchanged: readonly string[];
}

/**
 * Compares a table with what it would be after `document` was merged into it; with `restore`, what the document does not have
 * is removed too.
 */
export function diffTable(
  present: TableDocument,
  document: Readonly<Record<string, unknown>>,
  { restore }: { readonly restore: boolean },
): TableDiff {
  const before = itemsOf(present);
  const after = new Map(restore ? [] : before);
  for (const { key, value } of toTableChanges(document)) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  const changes = [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((key): TableChange => ({ key, old: before.get(key) ?? null, new: after.get(key) ?? null }));
  return {
    added: changes.filter((change) => change.old === null),
    removed: changes.filter((change) => change.new === null),
    changed: changes.filter(
      (change) => change.old !== null && change.new !== null && change.old !== change.new,
    ),
    unchanged: changes.filter((change) => change.old === change.new).map(({ key }) => key),
  };
}

function itemsOf(table: TableDocument): Map<string, string> {
  return new Map(
    Object.entries(table).flatMap(([key, value]): (readonly [string, string])[] =>
      typeof value === 'string'
        ? [[key, value]]
        : Object.entries(value).map(([name, inner]) => [`[${key}]${name}`, inner]),
    ),
  );
}
