// Puts items in place of all those whose keys begin alike, in one write.
import type { Change, KeyValueTable } from '../store/store.ts';

export interface NewItem {
  readonly key: string;
  readonly value: string;
}

/** `items` have different keys, and all begin with `prefix`. */
export async function replaceItems(
  table: KeyValueTable,
  prefix: string,
  items: readonly NewItem[],
): Promise<void> {
  const kept = new Set(items.map(({ key }) => key));
  const present = await table.items(prefix);
  const removals: Change[] = present
    .filter(({ key }) => !kept.has(key))
    .map(({ key }) => ({ key, value: null }));
  await table.write([...items, ...removals]);
}
