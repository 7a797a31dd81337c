// Timestamps as Python prints them, and whatever form they are read from.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTimestamp, pythonTimestamp } from '../../../../src/interaction/contract/timestamps.ts';

describe('pythonTimestamp', () => {
  const printed: [number, string][] = [
    [Date.UTC(2020, 10, 20, 14, 52, 1, 386), '2020-11-20 14:52:01.386000+00:00'],
    [Date.UTC(2020, 10, 20, 14, 52, 1), '2020-11-20 14:52:01+00:00'],
    [0, '1970-01-01 00:00:00+00:00'],
    [-1, '1969-12-31 23:59:59.999000+00:00'],
    [Date.UTC(9999, 11, 31, 23, 59, 59, 999), '9999-12-31 23:59:59.999000+00:00'],
  ];
  for (const [ms, text] of printed) {
    it(text, () => {
      assert.equal(pythonTimestamp(ms), text);
      assert.equal(parseTimestamp(text), ms);
    });
  }

  for (const ms of [Date.UTC(10_000, 0), -62_135_596_800_001, Number.NaN, Infinity]) {
    it(`has none for ${ms} ms`, () => assert.throws(() => pythonTimestamp(ms), RangeError));
  }
});

describe('parseTimestamp', () => {
  const noon = Date.UTC(2020, 10, 17, 12);
  const read: [string, number][] = [
    ['2020-11-17 12:00:00.462776+00:00', noon + 462],
    ['2020-11-17 12:00:00.999999999+00:00', noon + 999],
    ['2020-11-17T12:00:00Z', noon],
    ['2020-11-17t12:00:00.5z', noon + 500],
    ['2020-11-17 12:00', noon],
    ['2020-11-17 12:00:00', noon],
    ['2020-11-17 12:00:00 UTC', noon],
    [' 2020-11-17  12:00:00 +00:00 ', noon],
    ['2020-11-17 14:30:00+02:30', noon],
    ['2020-11-17 06:30:00-0530', noon],
    ['2020-11-17 10:00:00-02', noon],
    ['2020-11-17', Date.UTC(2020, 10, 17)],
    ['2020-02-29', Date.UTC(2020, 1, 29)],
    ['0099-01-01 00:00:00', -59_042_995_200_000],
  ];
  for (const [text, ms] of read) it(`reads ${text}`, () => assert.equal(parseTimestamp(text), ms));

  const refused = [
    '',
    'now',
    '1605614400',
    '2020-11-17 12',
    '2020-11-17 12:00:00+24:00',
    '2020-11-17 12:00:00+00:60',
    '2020-11-17 24:00:00',
    '2020-11-17 12:60:00',
    '2020-11-17 12:00:60',
    '2020-02-30',
    '2021-02-29 00:00:00',
    '2020-13-01',
    '2020-00-01',
    '20-11-17',
    '2020-11-17 12:00:00 x',
    '2020-11-17\n12:00:00x',
    // What cannot be printed again is not read.
    '0000-12-31',
    '0001-01-01T00:00:00+05:00',
    '9999-12-31T23:59:59-05:00',
  ];
  for (const text of refused)
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseTimestamp(text), null));
});
