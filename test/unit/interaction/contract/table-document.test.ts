// Tables as documents and documents as writes to a table.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDocument } from '../../../../src/interaction/contract/documents.ts';
import { toTableChanges, toTableDocument } from '../../../../src/interaction/contract/table-document.ts';

function items(pairs: readonly [string, string][]): { key: string; value: string }[] {
  return pairs.map(([key, value]) => ({ key, value }));
}

describe('toTableDocument', () => {
  const documents: [string, [string, string][], object][] = [
    ['an empty table', [], {}],
    [
      'plain keys',
      [
        ['b', '1'],
        ['a', '2'],
      ],
      { b: '1', a: '2' },
    ],
    [
      'a partition',
      [
        ['[set]a', '1'],
        ['[set]b', '2'],
        ['c', '3'],
      ],
      { set: { a: '1', b: '2' }, c: '3' },
    ],
    [
      'a plain key behind its partition',
      [
        ['[set]a', '1'],
        ['set', '2'],
        ['[set]b', '3'],
      ],
      { set: '2' },
    ],
    [
      'a plain key before its partition',
      [
        ['set', '2'],
        ['[set]a', '1'],
      ],
      { set: '2' },
    ],
    [
      'brackets that are no partition',
      [
        ['[set', '1'],
        ['a[b]c', '2'],
        ['#[x]', '3'],
      ],
      { '[set': '1', 'a[b]c': '2', '#[x]': '3' },
    ],
    [
      'an empty name and key',
      [
        ['[]a', '1'],
        ['[b]', '2'],
      ],
      { '': { a: '1' }, b: { '': '2' } },
    ],
    ['more brackets', [['[a]b]c', '1']], { a: { 'b]c': '1' } }],
    ['a key of two lines', [['[a]b\nc', '1']], { a: { 'b\nc': '1' } }],
  ];
  for (const [name, table, document] of documents) {
    it(`shows ${name}`, () => assert.deepEqual(toTableDocument(items(table)), document));
  }

  it('keeps a key named __proto__ a key', () => {
    const document = toTableDocument(
      items([
        ['__proto__', '1'],
        ['[a]__proto__', '2'],
      ]),
    );
    assert.equal(JSON.stringify(document), '{"__proto__":"1","a":{"__proto__":"2"}}');
  });
});

describe('toTableChanges', () => {
  const written: [string, string, [string, string | null][]][] = [
    [
      'texts',
      'a: x\nb: " y "',
      [
        ['a', 'x'],
        ['b', ' y '],
      ],
    ],
    [
      'scalars',
      'a: [yes]\nb: on\nc: 1\nd: 1.0\ne: 2020-01-01\nf: 0x10',
      [
        ['a', '[True]'],
        ['b', 'True'],
        ['c', '1'],
        ['d', '1.0'],
        ['e', '2020-01-01'],
        ['f', '16'],
      ],
    ],
    ['all digits', 'a: 12345678901234567890', [['a', '12345678901234567890']]],
    [
      'deletions',
      "a: null\nb: ''\nc:\nd: {x: null, y: ''}",
      [
        ['a', null],
        ['b', null],
        ['c', null],
        ['[d]x', null],
        ['[d]y', null],
      ],
    ],
    [
      'a partition',
      'set: {a: 1, b: no}',
      [
        ['[set]a', '1'],
        ['[set]b', 'False'],
      ],
    ],
    [
      'what is deeper',
      "set: {a: {b: [1, 'x']}, c: [{d: ~}]}",
      [
        ['[set]a', "{'b': [1, 'x']}"],
        ['[set]c', "[{'d': None}]"],
      ],
    ],
    ['nothing', 'a: {}', []],
    ['an empty list', 'a: []', [['a', '[]']]],
    ['a date in a list', 'a: [2020-01-01]', [['a', '[datetime.date(2020, 1, 1)]']]],
    ['a key once, the last value', '"[s]a": 1\ns: {a: 2}', [['[s]a', '2']]],
  ];
  for (const [name, yaml, changes] of written) {
    it(`writes ${name}`, () => {
      const parsed = parseDocument(yaml, 'yaml');
      assert.ok(parsed.ok);
      assert.deepEqual(
        toTableChanges(parsed.document),
        changes.map(([key, value]) => ({ key, value })),
      );
    });
  }

  it('writes what a dump shows', () => {
    const table = items([
      ['[set]a', '1'],
      ['[set]b', ' x\n'],
      ['c', 'True'],
      ['d', '"'],
    ]);
    assert.deepEqual(toTableChanges(toTableDocument(table)), table);
  });
});
