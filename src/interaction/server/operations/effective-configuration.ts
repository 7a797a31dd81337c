// The configuration in effect: the catalogue's built-in defaults under the table, as CloneSquad layers them. It has further
// layers, files and maintenance windows, that this server has nothing of.
import type { ConfigurationEntry } from '../../contract/configuration-entry.ts';
import type { Dialect } from '../../contract/instance-metadata.ts';
import { ownMember, type TableDocument, toTableDocument } from '../../contract/table-document.ts';
import { type CatalogueKey, readCatalogue } from '../records/catalogue.ts';
import type { Store } from '../store/store.ts';
import type { Deployment } from './call.ts';

export interface EffectiveConfiguration {
  /** What holds for a key; null when nothing defines it. */
  entry(key: string): ConfigurationEntry | null;
  /** Every key that is to be listed, the catalogue's first. Comments (`#...`) and parameter sets are not. */
  entries(options: { readonly onlyStable: boolean }): readonly ConfigurationEntry[];
}

interface Layers {
  readonly dialect: Dialect;
  readonly catalogue: ReadonlyMap<string, CatalogueKey>;
  readonly table: TableDocument;
  /** What the table is called in answers. */
  readonly tableOrigin: string;
}

interface FoundValue {
  readonly value: ConfigurationEntry['value'];
  readonly origin: string;
  /** The parameter set that it is from. */
  readonly parameterSet: string | null;
}

const builtInOrigin = 'Built-in defaults';
const overridePrefix = 'override:';

/** Reads both layers afresh. Rejects only when the store fails. */
export async function readEffectiveConfiguration(
  store: Store,
  { dialect, tables }: Pick<Deployment, 'dialect' | 'tables'>,
): Promise<EffectiveConfiguration> {
  const [catalogue, items] = await Promise.all([readCatalogue(store), store.configuration.items()]);
  return layer({
    dialect,
    catalogue: new Map(catalogue.map((known) => [known.key, known])),
    table: toTableDocument(items),
    tableOrigin: `DynamoDB configuration table '${tables.configuration}'`,
  });
}

function layer(layers: Layers): EffectiveConfiguration {
  const { catalogue, table } = layers;
  const plainKeys = Object.keys(table).filter((key) => typeof table[key] === 'string');
  const listed = [...new Set([...catalogue.keys(), ...plainKeys])].filter((key) => !/^[#[]/.test(key));
  return {
    entry: (key) => toEntry(layers, key),
    entries: ({ onlyStable }) =>
      listed
        .map((key) => toEntry(layers, key))
        .filter((entry) => entry !== null)
        .filter(({ stable }) => stable || !onlyStable),
  };
}

function toEntry(layers: Layers, key: string): ConfigurationEntry | null {
  const override = layers.dialect === 'd2' ? find(layers, `${overridePrefix}${key}`) : null;
  const found = override ?? find(layers, key);
  if (found === null) return null;
  const foundKey = override === null ? key : `${overridePrefix}${key}`;
  const builtIn = layers.catalogue.get(withoutOverride(layers, key));
  const { DefaultValue, Format, Description, ...extra } = layers.catalogue.get(key)?.metadata ?? {};
  return {
    key,
    value: found.value,
    origin: found.origin,
    status: toStatus(found, foundKey, builtIn !== undefined),
    stable: builtIn?.stable ?? false,
    override: layers.dialect === 'd2' ? foundKey.startsWith(overridePrefix) : null,
    ...(DefaultValue === undefined ? {} : { defaultValue: DefaultValue }),
    ...(typeof Format === 'string' ? { format: Format } : {}),
    ...(typeof Description === 'string' ? { description: Description } : {}),
    extra,
  };
}

function toStatus({ origin, parameterSet }: FoundValue, key: string, isBuiltIn: boolean): string {
  const where = `Key found in '${origin}'${parameterSet === null ? '' : ` (ParameterSet='${parameterSet}')`}`;
  if (isBuiltIn) return where;
  return `[WARNING] Key '${key}' doesn't exist as built-in default (Misconfiguration??) but ${where}!`;
}

/** An override stands for the key that it overrides; dialects before D2 know of none. */
function withoutOverride({ dialect }: Layers, key: string): string {
  return dialect === 'd2' && key.startsWith(overridePrefix) ? key.slice(overridePrefix.length) : key;
}

/** The topmost layer's value; within the table, the active parameter set goes before the plain key, except for overrides. */
function find(layers: Layers, key: string): FoundValue | null {
  const { table, tableOrigin } = layers;
  const parameterSet = key.startsWith(overridePrefix) ? null : activeParameterSet(layers);
  const inSet = parameterSet === null ? undefined : ownMember(table, parameterSet);
  const setValue = typeof inSet === 'object' ? ownMember(inSet, key) : undefined;
  if (setValue !== undefined) return { value: setValue, origin: tableOrigin, parameterSet };
  const plain = ownMember(table, key);
  if (typeof plain === 'string') return { value: plain, origin: tableOrigin, parameterSet: null };
  const builtIn = layers.catalogue.get(key);
  if (builtIn === undefined) return null;
  return { value: builtIn.defaultValue, origin: builtInOrigin, parameterSet: null };
}

function activeParameterSet({ table, catalogue }: Layers): string | null {
  const key = 'config.active_parameter_set';
  const name = ownMember(table, key) ?? catalogue.get(key)?.defaultValue;
  return typeof name === 'string' && name !== '' ? name : null;
}
