import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatPortRange,
  mergePortRanges,
  PortRangeError,
  parsePortRange,
} from '../../../../src/watcher/domain/port-ranges.ts';

describe('port ranges', () => {
  for (const [token, first, last] of [
    ['80', 80, 80],
    ['1', 1, 1],
    ['65535', 65535, 65535],
    ['8000-8100', 8000, 8100],
    ['443-443', 443, 443],
    ['00080', 80, 80],
  ] as const) {
    it(`${token} is ${first} to ${last}`, () => assert.deepEqual(parsePortRange(token), { first, last }));
  }

  const bad = [
    '',
    '0',
    '0-10',
    '65536',
    '1-65536',
    '65536-65537',
    '-1',
    '80-',
    '-80',
    '8100-8000',
    '80-90-100',
    'http',
    '8e1',
    '80.5',
    ' 80',
    '0x50',
    '999999',
  ];
  for (const token of bad) {
    it(`'${token}' is refused by name`, () => {
      assert.throws(
        () => parsePortRange(token),
        (error) =>
          error instanceof PortRangeError && error.token === token && error.message.includes(`'${token}'`),
      );
    });
  }

  for (const [tokens, expected] of [
    [[], ''],
    [['443', '80'], '80 443'],
    [['80', '80'], '80'],
    [['80', '81'], '80-81'],
    [['8000-8100', '8050-8200', '8201'], '8000-8201'],
    [['1-65535', '80'], '1-65535'],
    [['80', '82'], '80 82'],
  ] as const) {
    it(`${JSON.stringify(tokens)} merge to '${expected}'`, () => {
      const ranges = mergePortRanges(tokens.map(parsePortRange));
      assert.equal(ranges.map(formatPortRange).join(' '), expected);
      assert.deepEqual(mergePortRanges([...ranges].reverse()), ranges);
    });
  }
});
