// `control/reschedulenow`: forgets when the scheduling last ran, so that it may run again at once.
import type { Store } from '../store/store.ts';
import type { Call, OperationAnswer, QueueCall } from './call.ts';
import { readParameter } from './parameters.ts';

const lastRunKey = 'main.last_call_date';
/** The longest delay of a message in SQS, which the running system puts the request off with. */
const maxDelayS = 900;

export function answerRescheduleNow(call: Call): Promise<OperationAnswer> {
  return rescheduleNow(call.store, readParameter(call, 'rescheduleNow', 'delay'));
}

/** Nobody reads the answer to a message; it says what became of it. */
export function performRescheduleNow({ store, message }: QueueCall): Promise<OperationAnswer> {
  return rescheduleNow(store, message.delay);
}

/** The scheduling itself is CloneSquad's, and so is waiting for the delay to pass. */
async function rescheduleNow({ state }: Store, delay: unknown = 0): Promise<OperationAnswer> {
  const delayS = readInteger(delay);
  if (delayS === null || delayS < 0 || delayS > maxDelayS) {
    const given = typeof delay === 'string' ? delay : JSON.stringify(delay);
    const reason = delayS === null ? 'not an integer' : `not within 0..${maxDelayS}`;
    const body = `Failed to parse supplied 'delay' parameter as a int() '${given}' : ${reason}`;
    return { status: 400, body };
  }
  await state.write([{ key: lastRunKey, value: null }]);
  const body = `On-demand rescheduling request acknowledged. Reschedule in ${delayS} second(s)...`;
  return { status: 200, body };
}

/** As Python's int() reads text: blanks around, a sign, underscores between digits. */
function readInteger(value: unknown): number | null {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null;
  if (typeof value !== 'string' || !/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(value)) return null;
  return Number(value.replaceAll('_', ''));
}
