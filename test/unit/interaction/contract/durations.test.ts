// Durations as people write them, and `ttl` as the server reads it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDuration, readWireTtl, type WireTtl } from '../../../../src/interaction/contract/durations.ts';

describe('parseDuration', () => {
  const accepted: [string, number][] = [
    ['0', 0],
    ['3600', 3600],
    ['007', 7],
    ['90s', 90],
    ['1h30m', 5400],
    ['1h 30m', 5400],
    [' 2D ', 172_800],
    ['1w', 604_800],
    ['10min', 600],
    ['1w2d3h4m5s', 788_645],
    ['30m1h', 5400],
    ['1.5h', 5400],
    ['.5h', 1800],
    ['0.1h', 360],
    ['hours=1,minutes=30', 5400],
    ['hours = 1, minutes = 30', 5400],
    ['milliseconds=2000', 2],
    ['microseconds=500000,milliseconds=500', 1],
    ['hours=0.1', 360],
    ['days=0.1', 8640],
    ['36500d', 3_153_600_000],
  ];
  for (const [text, seconds] of accepted) {
    it(`${text} is ${seconds} s`, () => assert.deepEqual(parseDuration(text), { ok: true, seconds }));
  }

  const example = 'is no duration: expected for example 1h30m, 90s, 2d, 3600 (seconds) or hours=1,minutes=30';
  const refused: [string, string][] = [
    ['', `"" ${example}`],
    ['1.5', `"1.5" ${example}`],
    ['soon', `"soon" ${example}`],
    ['h', `"h" ${example}`],
    ['1h30', `"1h30" ${example}`],
    ['1h,30m', `"1h,30m" ${example}`],
    ['1x', `"1x" ${example}`],
    ['1constructor', `"1constructor" ${example}`],
    ['toString=1', `"toString=1" ${example}`],
    ['hours=', `"hours=" ${example}`],
    ['hours=1,', `"hours=1," ${example}`],
    ['hours=1=2', `"hours=1=2" ${example}`],
    ['years=1', `"years=1" ${example}`],
    ['1e3', `"1e3" ${example}`],
    ['0x10', `"0x10" ${example}`],
    ['\n', String.raw`"\n" ${example}`],
    ['-5', '"-5" is negative; a duration begins now and ends later'],
    ['-1h', '"-1h" is negative; a duration begins now and ends later'],
    ['hours=-1', '"hours=-1" is negative; a duration begins now and ends later'],
    ['1h1h', '"1h1h" has hours twice'],
    ['1m1min', '"1m1min" has minutes twice'],
    ['hours=1,hours=2', '"hours=1,hours=2" has hours twice'],
    ['0.5s', '"0.5s" is not a whole number of seconds'],
    ['milliseconds=1', '"milliseconds=1" is not a whole number of seconds'],
    ['0.00001s', '"0.00001s" is not a whole number of seconds'],
    ['36501d', '"36501d" is more than a hundred years'],
    ['9'.repeat(400), `"${'9'.repeat(400)}" is more than a hundred years`],
  ];
  for (const [text, problem] of refused) {
    it(`refuses ${JSON.stringify(text).slice(0, 30)}`, () =>
      assert.deepEqual(parseDuration(text), { ok: false, problem }));
  }
});

describe('readWireTtl', () => {
  const none: WireTtl = { kind: 'none' };
  const seconds = (count: number): WireTtl => ({ kind: 'seconds', seconds: count });
  const readings: [string, WireTtl][] = [
    ['3600', seconds(3600)],
    [' +3600 ', seconds(3600)],
    ['1_000', seconds(1000)],
    ['-1', seconds(-1)],
    ['hours=1,minutes=30', seconds(5400)],
    ['weeks=1,days=1', seconds(691_200)],
    ['milliseconds=2000', seconds(2)],
    ['hours=1,minutes=-90', seconds(-1800)],
    ['hours=0.1', seconds(360)],
    ['seconds=1e3', seconds(1000)],
    ['hours=1,hours=2', seconds(7200)],
    ['seconds=0.5', { kind: 'fractional' }],
    ['milliseconds=1', { kind: 'fractional' }],
    ['seconds=-0.5', { kind: 'fractional' }],
    ['0', none],
    ['-0', none],
    ['seconds=0', none],
    ['minutes=1,seconds=-60', none],
    ['', none],
    ['1.5', none],
    ['1h', none],
    ['Hours=1', none],
    ['hours', none],
    ['hours=1,', none],
    ['hours=one', none],
    ['hours=inf', none],
    ['hours=nan', none],
    ['constructor=1', none],
    ['1'.repeat(400), none],
    ['seconds=1e400', none],
    ['3153600001', none],
    ['-9999999999999', seconds(-3_153_600_000)],
  ];
  for (const [text, reading] of readings) {
    it(`reads ${JSON.stringify(text).slice(0, 30)}`, () => assert.deepEqual(readWireTtl(text), reading));
  }
});
