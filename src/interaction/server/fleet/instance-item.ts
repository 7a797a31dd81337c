// The inventory's item of an instance: everything of it that does not change with scaling.
import { itemProblem } from '../records/item-limits.ts';
import { type KeyValueTable, StoreError, type StoredItem } from '../store/store.ts';
import { changeItem } from './change-item.ts';
import type { FleetInstance } from './fleet-instance.ts';
import { FleetInstanceError, parseFleetInstance } from './parse-fleet-instance.ts';

export const instancePrefix = 'instance:';

/** The key of an instance's item. */
export function instanceKey(id: string): string {
  return `${instancePrefix}${id}`;
}

/** Throws FleetInstanceError for an instance that could not be read again, or that no item can hold: its type does not say all. */
export function toItem(instance: FleetInstance): { key: string; value: string } {
  const { id, scalingState, ...lasting } = parseFleetInstance(instance);
  const item = { key: instanceKey(id), value: JSON.stringify(lasting) };
  const problem = itemProblem(item.key, item.value);
  if (problem !== null) throw new FleetInstanceError(`${id}: ${problem}`);
  return item;
}

/** The instance without a scaling state. Throws StoreError for an item that is none. */
export function fromItem({ key, value }: StoredItem): FleetInstance {
  try {
    return parseFleetInstance({ ...JSON.parse(value), id: key.slice(instancePrefix.length) });
  } catch (error) {
    throw new StoreError(`item ${key}: ${(error as Error).message}`, { cause: error });
  }
}

/** Decodes items as `fromItem` does; those whose text is that of the last call are not decoded anew. */
export function createItemDecoder(): (items: readonly StoredItem[]) => readonly FleetInstance[] {
  let last = new Map<string, { readonly value: string; readonly instance: FleetInstance }>();
  return (items) => {
    const decoded = new Map(
      items.map((item) => {
        const { key, value } = item;
        const before = last.get(key);
        return [key, before?.value === value ? before : { value, instance: fromItem(item) }];
      }),
    );
    last = decoded;
    return [...decoded.values()].map(({ instance }) => instance);
  };
}

/** The instance as changed, without a scaling state; null when the inventory has none of that id. Throws StoreError. */
export function changeInstance(
  inventory: KeyValueTable,
  id: string,
  edit: (known: FleetInstance) => FleetInstance,
): Promise<FleetInstance | null> {
  return changeItem(inventory, instanceKey(id), (item) => {
    if (item === null) return { change: null, result: null };
    const changed = edit(fromItem(item));
    const { value } = toItem(changed);
    return { change: value === item.value ? null : { value }, result: changed };
  });
}
