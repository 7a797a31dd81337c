// Events acknowledged, over HTTP and by messages.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  answerAckEvent,
  performAckEvent,
} from '../../../../../src/interaction/server/operations/ack-event.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { makeCall, makeQueueCall, openStore, told } from './make-call.ts';

const first = '2020-11-17 10:50:59.462776+00:00';
const second = '2020-11-17 10:51:59+00:00';

async function openEvents(test: TestContext): Promise<Store> {
  const store = await openStore(test);
  for (const EventDate of [first, second]) await store.events.add({ EventDate, EventType: 'x' });
  return store;
}

const datesOf = async (store: Store) => (await store.events.events()).map(({ EventDate }) => EventDate);
const refusal = "400 Can't acknowledge events: Events: expected an array of event dates.";
const notAnObject =
  "400 Can't acknowledge events: expected a JSON object with Events, an array of event dates.";

describe('notify/ackevent', () => {
  const accepted: readonly [message: object, left: readonly string[]][] = [
    [{ Events: [first] }, [second]],
    [{ Events: [first, second, first] }, []],
    [{ Events: first }, [second]],
    // What the documents say.
    [{ EventData: [second] }, [first]],
    [{ Events: ['2019-01-01 00:00:00+00:00'] }, [first, second]],
    [{ Events: [] }, [first, second]],
  ];
  for (const [message, left] of accepted) {
    it(`accepts ${JSON.stringify(message)} either way`, async (test) => {
      const overHttp = await openEvents(test);
      assert.equal(
        told(await answerAckEvent(makeCall(overHttp, { body: JSON.stringify(message) }))),
        '200 {}',
      );
      assert.deepEqual(await datesOf(overHttp), left);
      const queued = await openEvents(test);
      const call = makeQueueCall(queued, { OpType: 'Notify/AckEvent', ...message }, { dialect: 'd0' });
      assert.equal(told(await performAckEvent(call)), '200 {}');
      assert.deepEqual(await datesOf(queued), left);
    });
  }

  const refused: readonly [body: string, answer: string][] = [
    ['{', notAnObject],
    ['[]', notAnObject],
    ['null', notAnObject],
    ['{}', refusal],
    ['{"Events":[1]}', refusal],
    ['{"Events":[""]}', refusal],
    [`{"Events":{"a":"${first}"}}`, refusal],
  ];
  for (const [body, answer] of refused) {
    it(`refuses ${body}`, async (test) => {
      const store = await openEvents(test);
      assert.equal(told(await answerAckEvent(makeCall(store, { body }))), answer);
      assert.deepEqual(await datesOf(store), [first, second]);
    });
  }

  it('fails as the running system does when there is no message', async (test) => {
    const store = await openEvents(test);
    assert.deepEqual(await answerAckEvent(makeCall(store, { query: { Events: first } })), { fault: true });
    assert.deepEqual(await answerAckEvent(makeCall(store, { body: null })), { fault: true });
    assert.deepEqual(await datesOf(store), [first, second]);
  });

  const settings: readonly [value: string | null, isKept: boolean][] = [
    [null, false],
    ['0', false],
    ['1', true],
    ['yes', true],
  ];
  for (const [value, isKept] of settings) {
    it(`${isKept ? 'marks' : 'removes'} them when notify.event.keep_acked_records is ${value}`, async (test) => {
      const store = await openEvents(test);
      await store.configuration.write([{ key: 'notify.event.keep_acked_records', value }]);
      const body = JSON.stringify({ Events: [first, '2019-01-01 00:00:00+00:00'] });
      assert.equal(told(await answerAckEvent(makeCall(store, { body }))), '200 {}');
      const marked = { EventDate: first, EventType: 'x', AckDate: '2020-11-20 14:52:01+00:00' };
      const rest = { EventDate: second, EventType: 'x' };
      assert.deepEqual(await store.events.events(), isKept ? [marked, rest] : [rest]);
    });
  }
});
