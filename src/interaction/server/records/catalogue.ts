// The catalogue: the configuration keys that a CloneSquad version is built with, and their defaults. This server has no
// such keys of its own, so operators enter them, for instance from the dump of a running deployment.
import type { ConfigurationEntry } from '../../contract/configuration-entry.ts';
import { parseDocument } from '../../contract/documents.ts';
import { isArray, type JsonValue, PythonFloat, pythonJson } from '../../contract/python-json.ts';
import { type Store, StoreError } from '../store/store.ts';
import { itemProblem } from './item-limits.ts';
import { toJsonValue } from './json-value.ts';
import { RecordError } from './record-error.ts';

export interface CatalogueKey {
  readonly key: string;
  /** Stable keys are those that stay from version to version. */
  readonly stable: boolean;
  readonly defaultValue: ConfigurationEntry['value'];
  /** What answers say of the key besides: `DefaultValue`, `Format`, `Description`, ...; empty for a key defined by its value alone. */
  readonly metadata: Readonly<Record<string, JsonValue>>;
}

/** A definition has one of them at least. */
const definitionMembers = ['DefaultValue', 'Value', 'Stable', 'Format', 'Description'];

const prefix = 'catalogue:';
/** The store's keys have 2,048 bytes. */
const maxKeyBytes = 2048 - prefix.length;

/**
 * Reads definitions by key: objects of `DefaultValue` or `Value`, `Stable`, `Format`, `Description` and whatever else
 * answers are to say. The answer of `configuration` is such a document: the keys that it warns of are no part of the
 * catalogue and are left out. The table alone is none: its values are not those built in. Throws RecordError.
 */
export function parseCatalogue(document: Readonly<Record<string, unknown>>): readonly CatalogueKey[] {
  const keys = Object.entries(document)
    .map(([key, definition]) => parseCatalogueKey(key, definition))
    .filter((known) => known !== null);
  for (const { key, value } of keys.map(toItem)) {
    const problem = itemProblem(key, value);
    if (problem !== null) throw new RecordError(problem);
  }
  return keys;
}

/** One definition; null for a key that an answer warns of. Throws RecordError. */
function parseCatalogueKey(key: string, definition: unknown): CatalogueKey | null {
  if (key === '' || !key.isWellFormed() || Buffer.byteLength(key) > maxKeyBytes || /^[#[]|\n/.test(key)) {
    throw new RecordError(`${JSON.stringify(key.slice(0, 80))}: not a configuration key`);
  }
  const value = toJsonValue(definition, key);
  if (!isObject(value) || !definitionMembers.some((name) => Object.hasOwn(value, name)))
    throw noDefinition(key);
  // Members of an answer that say what holds at the moment are not of the catalogue.
  const { Key = key, Value, Stable = false, Status, ConfigurationOrigin, Override: _, ...metadata } = value;
  if (typeof Status === 'string' && Status.startsWith('[WARNING]')) return null;
  if (Key !== key) throw new RecordError(`${key}.Key: expected the same key`);
  if (typeof Stable !== 'boolean') throw new RecordError(`${key}.Stable: expected true or false`);
  for (const name of ['Format', 'Description']) {
    if (metadata[name] !== undefined && typeof metadata[name] !== 'string') {
      throw new RecordError(`${key}.${name}: expected a string`);
    }
  }
  const isDefault = ConfigurationOrigin === undefined || ConfigurationOrigin === 'Built-in defaults';
  const defaultValue = metadata.DefaultValue ?? (isDefault ? Value : undefined) ?? null;
  return { key, stable: Stable, defaultValue: toScalar(defaultValue, key), metadata };
}

function toScalar(value: JsonValue, key: string): CatalogueKey['defaultValue'] {
  if (typeof value !== 'object' || value === null || value instanceof PythonFloat) return value;
  throw new RecordError(`${key}: expected a value that is no list or object`);
}

function noDefinition(key: string): RecordError {
  const expected = `expected an object with ${definitionMembers.join(', ')}`;
  const advice = 'the command that prints such is "cs-interact config dump --unstable --raw"';
  return new RecordError(`${key}: no definition of a key, ${expected}: ${advice}`);
}

/** The document that parseCatalogue reads these keys from. */
export function renderCatalogue(keys: readonly CatalogueKey[]): Record<string, JsonValue> {
  return Object.fromEntries(
    keys.map(({ key, stable, defaultValue, metadata }) => [
      key,
      { Stable: stable, ...('DefaultValue' in metadata ? {} : { Value: defaultValue }), ...metadata },
    ]),
  );
}

/** All keys, in code point order. */
export async function readCatalogue(store: Store): Promise<readonly CatalogueKey[]> {
  const items = await store.inventory.items(prefix);
  return items.map(({ key, value }) => fromItem(key.slice(prefix.length), value));
}

/** Enters the keys, each in place of the one of its name. */
export async function putCatalogueKeys(store: Store, keys: readonly CatalogueKey[]): Promise<void> {
  await store.inventory.write(keys.map(toItem));
}

/** Idempotent; `keys` are different ones. */
export async function removeCatalogueKeys(store: Store, keys: readonly string[]): Promise<void> {
  await store.inventory.write(keys.map((key) => ({ key: `${prefix}${key}`, value: null })));
}

function toItem(known: CatalogueKey): { key: string; value: string } {
  return { key: `${prefix}${known.key}`, value: pythonJson(renderCatalogue([known])) };
}

function fromItem(key: string, value: string): CatalogueKey {
  try {
    const parsed = parseDocument(value, 'json');
    if (!parsed.ok) throw new RecordError(parsed.problem);
    const known = parseCatalogueKey(key, parsed.document[key]);
    if (known !== null) return known;
    throw new RecordError('expected a definition');
  } catch (error) {
    throw new StoreError(`item ${prefix}${key}: ${(error as Error).message}`, { cause: error });
  }
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof PythonFloat);
}
