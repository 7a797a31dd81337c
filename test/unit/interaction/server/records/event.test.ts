// Events as operators enter them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEvent } from '../../../../../src/interaction/server/records/event.ts';
import { RecordError } from '../../../../../src/interaction/server/records/record-error.ts';

const nowMs = Date.UTC(2020, 10, 17, 10, 50, 59, 462);

describe('parseEvent', () => {
  it('dates an event now', () => {
    assert.deepEqual(parseEvent({ EventType: 'start_instances' }, nowMs), {
      EventDate: '2020-11-17 10:50:59.462000+00:00',
      EventType: 'start_instances',
    });
  });

  const dates: readonly [given: string, kept: string][] = [
    // The microseconds are part of the key that is acknowledged.
    ['2020-11-17 10:50:59.462776+00:00', '2020-11-17 10:50:59.462776+00:00'],
    ['2020-11-17 10:50:59+00:00', '2020-11-17 10:50:59+00:00'],
    ['2020-11-17T11:50:59.5+01:00', '2020-11-17 10:50:59.500000+00:00'],
    ['2020-11-17T10:50:59Z', '2020-11-17 10:50:59+00:00'],
  ];
  for (const [given, kept] of dates) {
    it(`keeps ${given} as ${kept}`, () => {
      assert.equal(parseEvent({ EventDate: given, EventType: 'x' }, nowMs).EventDate, kept);
    });
  }

  it('keeps attributes, and those that are JSON as text', () => {
    const event = {
      EventDate: '2020-11-17 10:50:59+00:00',
      EventType: 'start_instances',
      EventSource: 'Main',
      InputData: { '*args': [] },
      OutputData: '{}',
      ExpirationTime: 1_605_610_559,
      Attempt: 2,
    };
    assert.deepEqual(parseEvent(event, nowMs), { ...event, InputData: '{"*args":[]}' });
  });

  const refused: readonly [value: unknown, message: string][] = [
    [null, 'an event: expected an object'],
    [[], 'an event: expected an object'],
    [{}, 'EventType: expected what happened, in a word'],
    [{ EventType: '' }, 'EventType: expected what happened, in a word'],
    [{ EventType: 1 }, 'EventType: expected what happened, in a word'],
    [
      { EventType: 'x', EventDate: 'yesterday' },
      'EventDate: expected a date such as 2020-11-17 10:50:59.462776+00:00',
    ],
    [
      { EventType: 'x', EventDate: '2020-02-31 10:50:59+00:00' },
      'EventDate: expected a date such as 2020-11-17 10:50:59.462776+00:00',
    ],
    [{ EventType: 'x', ExpirationTime: 1.5 }, 'ExpirationTime: expected whole seconds since 1970'],
    [{ EventType: 'x', Other: {} }, 'Other: expected a string or a number'],
    [{ EventType: 'x', 'a b': 'c' }, '"a b": not the name of an attribute'],
    [{ EventType: 'x', InputData: 'x'.repeat(300_000) }, 'an event: longer than 262144 bytes'],
  ];
  for (const [value, message] of refused) {
    it(`refuses ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.throws(
        () => parseEvent(value, nowMs),
        (error: Error) => error instanceof RecordError && error.message === message,
      );
    });
  }
});
