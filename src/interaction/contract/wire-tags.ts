// EC2's tags on the wire, a list of keys and values, and in the model, a map.
import type { JsonValue } from './python-json.ts';
import { readArray, readString, toObject, type WireObject } from './wire-fields.ts';

/** The last value of a repeated key counts. Throws WireFieldError. */
export function readTags(object: WireObject, path: string): Record<string, string> {
  // fromEntries defines properties: a tag named __proto__ stays a tag.
  return Object.fromEntries(
    readArray(object, 'Tags', path).map((item, index) => {
      const tag = toObject(item, `${path}[${index}]`);
      return [
        readString(tag, 'Key', `${path}[${index}].Key`),
        readString(tag, 'Value', `${path}[${index}].Value`),
      ];
    }),
  );
}

export function toWireTags(tags: Readonly<Record<string, string>>): JsonValue {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
