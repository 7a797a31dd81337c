// `control/reschedulenow`, over HTTP and from the queue.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  answerRescheduleNow,
  performRescheduleNow,
} from '../../../../../src/interaction/server/operations/reschedule-now.ts';
import { makeCall, makeQueueCall, openStore } from './make-call.ts';

const done = (seconds: number) => ({
  status: 200,
  body: `On-demand rescheduling request acknowledged. Reschedule in ${seconds} second(s)...`,
});
const refused = (given: string, reason: string) => ({
  status: 400,
  body: `Failed to parse supplied 'delay' parameter as a int() '${given}' : ${reason}`,
});
const lastRun = 'main.last_call_date';

describe('over HTTP', () => {
  const cases: [string, object][] = [
    ['', done(0)],
    ['delay=0', done(0)],
    ['delay=900', done(900)],
    ['delay=%2030%20', done(30)],
    ['delay=%2B5', done(5)],
    ['delay=-0', done(0)],
    ['delay=1_0', done(10)],
    ['Delay=x', done(0)],
    ['delay=901', refused('901', 'not within 0..900')],
    ['delay=-1', refused('-1', 'not within 0..900')],
    ['delay=', refused('', 'not an integer')],
    ['delay=1.5', refused('1.5', 'not an integer')],
    ['delay=0x10', refused('0x10', 'not an integer')],
    ['delay=soon', refused('soon', 'not an integer')],
  ];
  for (const [query, expected] of cases) {
    it(query, async (test) => {
      const store = await openStore(test);
      await store.state.write([{ key: lastRun, value: 'yesterday' }]);
      const parameters = Object.fromEntries(new URLSearchParams(query));
      const call = makeCall(store, { dialect: 'd1', query: parameters });
      assert.deepEqual(await answerRescheduleNow(call), expected);
      const isErased = (await store.state.get(lastRun)) === null;
      assert.equal(isErased, 'status' in expected && expected.status === 200);
    });
  }
});

describe('from the queue', () => {
  const cases: [unknown, object][] = [
    [undefined, done(0)],
    [30, done(30)],
    ['30', done(30)],
    [0.5, refused('0.5', 'not an integer')],
    [null, refused('null', 'not an integer')],
    [901, refused('901', 'not within 0..900')],
  ];
  for (const [delay, expected] of cases) {
    it(JSON.stringify(delay) ?? 'without a delay', async (test) => {
      const store = await openStore(test);
      await store.state.write([{ key: lastRun, value: 'yesterday' }]);
      const message = { OpType: 'control/reschedulenow', delay };
      const call = makeQueueCall(store, message);
      assert.deepEqual(await performRescheduleNow(call), expected);
    });
  }
});
