// POST of a whole document to `configuration` or `scheduler`: everything in it is checked before anything is written, and
// it is written at once.
import type { DocumentFormat } from '../../contract/documents.ts';
import { parseDocument } from '../../contract/documents.ts';
import { toTableChanges } from '../../contract/table-document.ts';
import { itemProblem } from '../records/item-limits.ts';
import type { Change, KeyValueTable } from '../store/store.ts';
import type { Call, OperationAnswer } from './call.ts';

export interface MergeOptions {
  readonly format: DocumentFormat;
  /** Also deletes what the document does not have. */
  readonly isRestore: boolean;
}

/** Longer than any configuration in use. YAML of that length takes a fifth of a second to read, half a second when all of it is wrong, and nobody is answered meanwhile. */
const maxYamlCharacters = 64 * 1024;

/** Merges the body into the table; values lose the expiry they had. `count` is how many members the document has at its top. */
export type Merged =
  | { readonly ok: true; readonly count: number }
  | { readonly ok: false; readonly answer: OperationAnswer };

/** Writes what the body has, and where it is a restore deletes what the body does not have. Throws StoreError. */
export async function mergeDocument(
  table: KeyValueTable,
  call: Call,
  options: MergeOptions,
): Promise<Merged> {
  const body = call.body ?? '';
  if (options.format === 'yaml' && body.length > maxYamlCharacters) {
    return refused(
      `it is longer than ${maxYamlCharacters} characters, the most that is read as YAML here; JSON may be longer`,
    );
  }
  const parsed = parseDocument(body, options.format);
  if (!parsed.ok) return refused(parsed.problem);
  const values = new Map(toTableChanges(parsed.document).map(({ key, value }) => [key, value]));
  for (const [key, value] of values) {
    const problem = itemProblem(key, value);
    if (problem !== null) return refused(problem);
  }
  const changes: Change[] = [...values].map(([key, value]) => ({ key, value }));
  if (options.isRestore) {
    const present = await table.items();
    changes.push(...present.filter(({ key }) => !values.has(key)).map(({ key }) => ({ key, value: null })));
  }
  await table.write(changes);
  return { ok: true, count: Object.keys(parsed.document).length };
}

function refused(reason: string): Merged {
  // The space at the end is the running system's.
  return { ok: false, answer: { status: 500, body: `Can't parse YAML/JSON document : ${reason} ` } };
}
