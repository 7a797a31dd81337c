// One key of the configuration as the dump tells of it: its effective value and where that comes from.
import type { Dialect } from './instance-metadata.ts';
import type { JsonValue, PythonFloat } from './python-json.ts';
import {
  isAbsent,
  mismatch,
  readBoolean,
  readOptionalBoolean,
  readString,
  toObject,
  type WireObject,
} from './wire-fields.ts';

export interface ConfigurationEntry {
  readonly key: string;
  /** Text when it comes from the table; of its own type when it is built in or comes from a file. */
  readonly value: string | number | boolean | null | PythonFloat;
  /** Such as `Built-in defaults`, or `DynamoDB configuration table '...'`. */
  readonly origin: string;
  /** Begins with `[WARNING]` for a key that nothing built in knows. */
  readonly status: string;
  readonly stable: boolean;
  /** Whether `override:` of the key is what counts; null where the dialect does not say. */
  readonly override: boolean | null;
  readonly defaultValue?: JsonValue;
  readonly format?: string;
  readonly description?: string;
  /** Further members, as they came. */
  readonly extra: Readonly<Record<string, JsonValue>>;
}

/** Reads the JSON body of a `configuration` dump of any dialect, in its order. Throws WireFieldError. */
export function parseConfiguration(body: unknown): readonly ConfigurationEntry[] {
  return Object.entries(toObject(body, 'answer')).map(([key, value]) =>
    parseEntry(key, toObject(value, key)),
  );
}

function parseEntry(key: string, wire: WireObject): ConfigurationEntry {
  const {
    Key,
    Value,
    ConfigurationOrigin,
    Status,
    Stable,
    Override,
    DefaultValue,
    Format,
    Description,
    ...extra
  } = wire;
  const path = (field: string) => `${key}.${field}`;
  return {
    key: isAbsent(Key) ? key : readString(wire, 'Key', path('Key')),
    value: readScalar(Value, path('Value')),
    origin: readString(wire, 'ConfigurationOrigin', path('ConfigurationOrigin')),
    status: readString(wire, 'Status', path('Status')),
    stable: readBoolean(wire, 'Stable', path('Stable')),
    override: readOptionalBoolean(wire, 'Override', path('Override')),
    ...(DefaultValue === undefined ? {} : { defaultValue: DefaultValue as JsonValue }),
    ...(isAbsent(Format) ? {} : { format: readString(wire, 'Format', path('Format')) }),
    ...(isAbsent(Description) ? {} : { description: readString(wire, 'Description', path('Description')) }),
    extra: extra as Record<string, JsonValue>,
  };
}

function readScalar(value: unknown, path: string): string | number | boolean | null {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw mismatch(path, 'a string, number, boolean or null', value);
}

/** The member of a dump that a server of `dialect` sends for an entry; what the dialect cannot say is left out. */
export function renderConfigurationEntry(entry: ConfigurationEntry, dialect: Dialect): JsonValue {
  const { defaultValue, format, description } = entry;
  return {
    ...entry.extra,
    Key: entry.key,
    Value: entry.value,
    ConfigurationOrigin: entry.origin,
    Status: entry.status,
    Stable: entry.stable,
    ...(dialect === 'd2' ? { Override: entry.override ?? false } : {}),
    ...(defaultValue === undefined ? {} : { DefaultValue: defaultValue }),
    ...(format === undefined ? {} : { Format: format }),
    ...(description === undefined ? {} : { Description: description }),
  };
}
