// A key/value table and the document it is loaded from and dumped as. An item `[set]key` is `key` inside `set`: partitions
// are one level of nesting, no more.
import { PythonFloat } from './python-json.ts';
import { PythonDate, pythonStr } from './python-text.ts';

export type TableDocument = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** One write that a document asks for; null deletes. */
export interface TableChange {
  readonly key: string;
  readonly value: string | null;
}

/** The set and the name that an item's key `[set]name` has in it; null for a plain key. */
export function memberOfSet(key: string): { readonly set: string; readonly name: string } | null {
  const [, set, name] = /^\[([^\]]*)\](.*)$/s.exec(key) ?? [];
  return set === undefined || name === undefined ? null : { set, name };
}

/** A document's own member: a key may have the name of one that every object inherits. */
export function ownMember<Value>(object: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What a raw dump shows of a table. A plain key hides the whole partition of its name. */
export function toTableDocument(
  items: readonly { readonly key: string; readonly value: string }[],
): TableDocument {
  const document = new Map<string, string | Map<string, string>>();
  for (const { key, value } of items) {
    const member = memberOfSet(key);
    if (member === null) {
      document.set(key, value);
      continue;
    }
    const partition = document.get(member.set) ?? new Map<string, string>();
    if (typeof partition === 'string') continue;
    document.set(member.set, partition.set(member.name, value));
  }
  // fromEntries defines properties: a key named __proto__ stays a key.
  return Object.fromEntries(
    [...document].map(([key, value]) => [key, typeof value === 'string' ? value : Object.fromEntries(value)]),
  );
}

/**
 * The writes that loading a document makes, each key once. Scalars become Python's text of them, null and the empty string
 * delete, and members of a nested object are written into its partition, where anything deeper is text again.
 */
export function toTableChanges(document: Readonly<Record<string, unknown>>): TableChange[] {
  const changes = new Map<string, string | null>();
  for (const [key, value] of Object.entries(document)) {
    if (!isNested(value)) {
      changes.set(key, toStoredText(value));
      continue;
    }
    for (const [inner, member] of Object.entries(value))
      changes.set(`[${key}]${inner}`, toStoredText(member));
  }
  return [...changes].map(([key, value]) => ({ key, value }));
}

function isNested(value: unknown): value is object {
  const isScalar = value instanceof PythonFloat || value instanceof PythonDate;
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isScalar;
}

function toStoredText(value: unknown): string | null {
  const text = value === null ? '' : pythonStr(value);
  return text === '' ? null : text;
}
