// The key that the path of a single-key operation names.
import type { Call, OperationAnswer } from './call.ts';

export type KeyPath =
  | { readonly ok: true; readonly key: string }
  | { readonly ok: false; readonly answer: OperationAnswer };

/** A key has no newline: the running system's pattern does not find one in such a path. */
export function readKeyPath(call: Call): KeyPath {
  const key = call.argument ?? '';
  if (key === '' || key.includes('\n')) {
    return { ok: false, answer: { status: 400, body: 'Missing config key path.' } };
  }
  return { ok: true, key };
}
