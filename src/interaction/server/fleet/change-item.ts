// Read, change, write back: so that of two who change the same item at once neither undoes the other's change.
import { type Change, type KeyValueTable, StoreError, type StoredItem } from '../store/store.ts';

/** Every lost attempt is another writer's success; so many in a row are no coincidence. */
const maxAttempts = 100;

/**
 * Replaces an item by what `edit` makes of it, and gives back what `edit` returned beside the change. Without a change
 * nothing is written. `edit` is called again, with the item as it then is, when another writer came first. Throws StoreError.
 */
export async function changeItem<Result>(
  table: KeyValueTable,
  key: string,
  edit: (item: StoredItem | null) => { readonly change: Omit<Change, 'key'> | null; readonly result: Result },
): Promise<Result> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const item = await table.get(key);
    const { change, result } = edit(item);
    if (change === null || (await table.writeIf(item?.value ?? null, { key, ...change }))) return result;
  }
  throw new StoreError(`item ${key} was changed by others at each of ${maxAttempts} attempts`);
}
