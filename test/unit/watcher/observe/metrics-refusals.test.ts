// The counter over tables that come and go: never backwards, nothing twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TableLook } from '../../../../src/firewall/look.ts';
import { RefusalTally } from '../../../../src/watcher/observe/metrics-refusals.ts';

/** One table's counts by range, or what else was found. */
type Look = Readonly<Record<string, number>> | 'absent' | 'foreign' | 'unknown' | 'altered' | 'uncounted';

const cases: readonly (readonly [
  what: string,
  looks: readonly Look[],
  total: number | null,
  perRange: Record<string, number>,
])[] = [
  ['nothing was ever looked at', [], null, {}],
  ['no table', ['absent'], null, {}],
  ['a table that counts', ['absent', { 80: 0 }, { 80: 3 }, { 80: 7 }], 7, { 80: 7 }],
  ['one look before it goes is enough', ['absent', { 80: 5 }, 'absent'], 5, { 80: 5 }],
  ['a table found at the start counted for an earlier agent', [{ 80: 50 }, { 80: 52 }], 2, { 80: 2 }],
  ['the same table read twice', ['absent', { 80: 5 }, { 80: 5 }], 5, { 80: 5 }],
  ['replaced, and counting anew', ['absent', { 80: 9 }, { 80: 2 }], 11, { 80: 11 }],
  ['removed by somebody and put back', ['absent', { 80: 9 }, 'absent', { 80: 20 }], 29, { 80: 29 }],
  ['altered by somebody and put back', ['absent', { 80: 9 }, 'altered', { 80: 1 }], 10, { 80: 10 }],
  ['a look that failed says nothing', ['absent', { 80: 9 }, 'unknown', { 80: 12 }], 12, { 80: 12 }],
  ['somebody else in the way', ['absent', { 80: 9 }, 'foreign', { 80: 4 }], 13, { 80: 13 }],
  ['a kernel that does not count', ['absent', 'uncounted', 'uncounted'], null, {}],
  [
    'other ports after a reload: what the old ones counted stays',
    ['absent', { 80: 9 }, { 443: 4 }, { 80: 1, 443: 5 }],
    15,
    { 80: 10, 443: 5 },
  ],
  [
    'two ranges are counted apart',
    ['absent', { 80: 9, '8000-8100': 1 }, { 80: 9, '8000-8100': 3 }],
    12,
    { 80: 9, '8000-8100': 3 },
  ],
];

describe('refused SYNs', () => {
  for (const [what, looks, total, perRange] of cases) {
    test(what, () => {
      const tally = new RefusalTally();
      let before = 0;
      for (const look of looks) {
        tally.read(asFound(look));
        assert.ok((tally.total ?? 0) >= before, 'it went backwards');
        before = tally.total ?? 0;
      }
      assert.equal(tally.total, total);
      assert.deepEqual(Object.fromEntries(tally.perRange!), perRange);
    });
  }

  test('with more than 256 ranges only the sum, and for good', () => {
    const many = (count: number): Look =>
      Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`${1000 + 2 * i}`, count]));
    const tally = new RefusalTally();
    for (const look of ['absent', { 80: 5 }, many(1), many(2), { 80: 1 }] as const) tally.read(asFound(look));
    assert.deepEqual([tally.total, tally.perRange], [5 + 257 * 2 + 1, null]);
  });

  test('exactly 256 ranges are told apart', () => {
    const look = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`${1000 + 2 * i}`, 1]));
    const tally = new RefusalTally();
    for (const one of ['absent', look] as const) tally.read(asFound(one));
    assert.equal(tally.perRange?.size, 256);
  });
});

function asFound(look: Look): TableLook {
  switch (look) {
    case 'absent':
      return { table: 'absent' };
    case 'foreign':
      return { table: 'foreign', comment: null };
    case 'unknown':
      return { table: 'unknown', problem: 'Operation not permitted' };
    case 'altered':
    case 'uncounted':
      return ours({}, look === 'altered', null);
    default:
      return ours(look, false, Object.values(look));
  }
}

function ours(
  counts: Readonly<Record<string, number>>,
  isAltered: boolean,
  refused: number[] | null,
): TableLook {
  const ports = Object.keys(counts).map((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return { first: first!, last: last! };
  });
  return {
    table: 'ours',
    ownership: 'plain',
    holder: 'nobody',
    ruleset: isAltered ? null : { ports, allowFrom: [], includeLoopback: false, closing: false },
    difference: isAltered ? 'a rule more' : null,
    refused,
  };
}
