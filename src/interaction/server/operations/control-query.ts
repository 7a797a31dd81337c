// What a call of `control/instances/...` asks for: parameters of the query, and the document of a POST. A parameter
// replaces the document's member of the same name.
import {
  isAbsent,
  readArray,
  readBoolean,
  readString,
  toObject,
  WireFieldError,
  type WireObject,
} from '../../contract/wire-fields.ts';
import type { Selection } from '../fleet/select-instances.ts';
import type { Call } from './call.ts';
import { readParameter } from './parameters.ts';

export interface ControlQuery {
  readonly selection: Selection;
  readonly isExcluding: boolean;
}

export type ParsedControlQuery =
  | { readonly ok: true; readonly query: ControlQuery }
  | { readonly ok: false; readonly problem: string };

/** `problem` says, in one line, what is wrong with the document. */
export function parseControlQuery(call: Call): ParsedControlQuery {
  try {
    const document = call.method === 'POST' ? parseDocument(call.body) : {};
    const excluded = parameter(call, 'excluded');
    const subfleets = parameter(call, 'subfleetnames');
    return {
      ok: true,
      query: {
        selection: {
          ids: listed(parameter(call, 'instanceids')) ?? readTexts(document, 'InstanceIds'),
          names: listed(parameter(call, 'instancenames')) ?? readTexts(document, 'InstanceNames'),
          // Documented so: without a name it is the main fleet.
          subfleets: subfleets === '' ? null : (listed(subfleets) ?? readSubfleets(document)),
          tags: readTags(document),
        },
        isExcluding: excluded
          ? excluded === 'true' || excluded === 'True'
          : document.Excluded !== undefined && readBoolean(document, 'Excluded'),
      },
    };
  } catch (error) {
    if (error instanceof WireFieldError) return { ok: false, problem: error.message };
    throw error;
  }
}

function parameter(call: Call, name: string): string | undefined {
  return readParameter(call, 'controlInstances', name);
}

/** An empty parameter is as good as none. */
function listed(csv: string | undefined): readonly string[] | null {
  return csv ? csv.split(',') : null;
}

function parseDocument(body: string | null): WireObject {
  let document: unknown;
  try {
    document = JSON.parse(body ?? '');
  } catch {
    throw new WireFieldError(body === null ? 'it is empty' : 'it is not JSON');
  }
  return toObject(document, 'body');
}

function readTexts(document: WireObject, field: string): readonly string[] {
  if (document[field] === undefined) return [];
  readArray(document, field).forEach((text, index) => {
    if (typeof text !== 'string') throw new WireFieldError(`${field}[${index}]: expected a string`);
  });
  return document[field] as readonly string[];
}

function readSubfleets(document: WireObject): readonly string[] | null {
  return document.SubfleetNames === null ? null : readTexts(document, 'SubfleetNames');
}

function readTags(document: WireObject): Selection['tags'] {
  if (document.Tags === undefined) return {};
  const tags = toObject(document.Tags, 'Tags');
  for (const key of Object.keys(tags)) {
    if (!isAbsent(tags[key])) readString(tags, key, `Tags.${key}`);
  }
  return tags as Selection['tags'];
}
