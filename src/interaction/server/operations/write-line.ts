// POST to one key of `configuration` or `scheduler`: the first line of the body becomes the value.
import { readWireTtl } from '../../contract/durations.ts';
import { itemProblem } from '../records/item-limits.ts';
import type { Change, KeyValueTable } from '../store/store.ts';
import type { Call, OperationAnswer } from './call.ts';

/**
 * Writes the key with its value and expiry in place of what was there; an empty line deletes it. Only `\n` ends a line:
 * blanks and `\r` belong to the value. `ttl` is the query parameter, undefined without one.
 */
export async function writeLine(
  table: KeyValueTable,
  call: Call,
  key: string,
  ttl: string | undefined,
): Promise<OperationAnswer> {
  // API Gateway hands an empty body over as null, on which the running system's function fails.
  if (call.body === null) return { fault: true };
  const [value = ''] = call.body.split('\n', 1);
  const problem = itemProblem(key, value);
  if (problem !== null) return { status: 400, body: `Can't write the key: ${problem}.` };
  const change = toChange(key, value, ttl, call.nowMs);
  if (change === null) {
    return { status: 400, body: `Can't write the key: ttl '${ttl}' is not a whole number of seconds.` };
  }
  await table.write([change]);
  return { status: 200, body: value };
}

/** Null when the expiry would not be a whole second: CloneSquad's own functions fail on reading such an item, every one of them. */
function toChange(key: string, value: string, ttl: string | undefined, nowMs: number): Change | null {
  const read = readWireTtl(ttl ?? '');
  if (read.kind === 'fractional') return null;
  if (value === '') return { key, value: null };
  if (read.kind === 'none') return { key, value };
  // Written as expired already; DynamoDB never purges what expired years ago.
  if (read.seconds < 0) return { key, value: null };
  return { key, value, expiresAtS: Math.floor(nowMs / 1000) + read.seconds };
}
