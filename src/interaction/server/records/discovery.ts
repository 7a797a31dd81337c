// What operators entered of the deployment's resources: the open map of the `discovery` operation, one item of the inventory.
import { parseDocument } from '../../contract/documents.ts';
import { type JsonValue, pythonJson } from '../../contract/python-json.ts';
import { type KeyValueTable, StoreError } from '../store/store.ts';
import { itemProblem } from './item-limits.ts';
import { toJsonValue } from './json-value.ts';
import { RecordError } from './record-error.ts';

type Resources = Readonly<Record<string, JsonValue>>;

const key = 'discovery';

/** The item's text for what is given. Throws RecordError for what no item can hold. */
export function toDiscoveryText(resources: Readonly<Record<string, unknown>>): string {
  const text = pythonJson(toJsonValue(resources, key));
  const problem = itemProblem(key, text);
  if (problem !== null) throw new RecordError(problem);
  return text;
}

/** Keeps a document that was checked, in place of the one before. */
export async function putDiscovery(inventory: KeyValueTable, text: string): Promise<void> {
  await inventory.write([{ key, value: text }]);
}

/** As it was entered, `1.0` included; null when nothing was. Throws StoreError. */
export async function readDiscovery(inventory: KeyValueTable): Promise<Resources | null> {
  const item = await inventory.get(key);
  if (item === null) return null;
  const parsed = parseDocument(item.value, 'json');
  if (!parsed.ok) throw new StoreError(`item ${key}: ${parsed.problem}`);
  return parsed.document as Resources;
}
