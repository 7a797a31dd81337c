// `scheduler/(.*)`: one scheduled action, shown or written. POST works in every dialect, which in the running system it
// does in D2 only.
import type { Call, OperationAnswer } from './call.ts';
import { readKeyPath } from './key-path.ts';
import { readParameter } from './parameters.ts';
import { writeLine } from './write-line.ts';

export async function answerSchedulerKey(call: Call): Promise<OperationAnswer> {
  const path = readKeyPath(call);
  if (!path.ok) return path.answer;
  if (call.method === 'POST') {
    return writeLine(call.store.scheduler, call, path.key, readParameter(call, 'schedulerKey', 'ttl'));
  }
  const item = await call.store.scheduler.get(path.key);
  if (item === null) return { status: 400, body: 'Unknown configuration key!' };
  return { status: 200, body: item.value };
}
