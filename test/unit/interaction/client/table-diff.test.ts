// What loading a document would do, and what its author is told before.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkDocument } from '../../../../src/interaction/client/document-findings.ts';
import { diffTable } from '../../../../src/interaction/client/table-diff.ts';
import { parseDocument } from '../../../../src/interaction/contract/documents.ts';
import type { TableDocument } from '../../../../src/interaction/contract/table-document.ts';

const present: TableDocument = { a: '1', b: '2', 'Mixed.Case': 'x', set: { a: '1', b: '2' } };

/** The diff in one line: `+added ~changed:old>new -removed =unchanged`. */
function outline(document: Record<string, unknown>, restore: boolean): string {
  const diff = diffTable(present, document, { restore });
  return [
    ...diff.added.map((change) => `+${change.key}:${change.new}`),
    ...diff.changed.map((change) => `~${change.key}:${change.old}>${change.new}`),
    ...diff.removed.map((change) => `-${change.key}:${change.old}`),
    ...diff.unchanged.map((key) => `=${key}`),
  ].join(' ');
}

describe('a merge', () => {
  const cases: readonly [document: Record<string, unknown>, expected: string][] = [
    [{}, '=Mixed.Case =[set]a =[set]b =a =b'],
    [{ a: 1, b: '3', c: true }, '+c:True ~b:2>3 =Mixed.Case =[set]a =[set]b =a'],
    [{ a: null, b: '', c: null }, '-a:1 -b:2 =Mixed.Case =[set]a =[set]b'],
    [{ set: { a: null, c: 1 }, other: {} }, '+[set]c:1 -[set]a:1 =Mixed.Case =[set]b =a =b'],
    [{ 'Mixed.Case': 'y' }, '~Mixed.Case:x>y =[set]a =[set]b =a =b'],
    [{ set: 'plain' }, '+set:plain =Mixed.Case =[set]a =[set]b =a =b'],
  ];
  for (const [document, expected] of cases) {
    it(JSON.stringify(document), () => assert.equal(outline(document, false), expected));
  }
});

describe('a restore', () => {
  const cases: readonly [document: Record<string, unknown>, expected: string][] = [
    [{}, '-Mixed.Case:x -[set]a:1 -[set]b:2 -a:1 -b:2'],
    [{ ...present }, '=Mixed.Case =[set]a =[set]b =a =b'],
    [{ a: '1', set: { a: '2' }, c: '3', b: null }, '+c:3 ~[set]a:1>2 -Mixed.Case:x -[set]b:2 -b:2 =a'],
  ];
  for (const [document, expected] of cases) {
    it(JSON.stringify(document), () => assert.equal(outline(document, true), expected));
  }
});

it('a key named __proto__ is one like any other', () => {
  const document = JSON.parse('{"__proto__":"1"}');
  assert.deepEqual(diffTable({}, document, { restore: false }).added, [
    { key: '__proto__', old: null, new: '1' },
  ]);
});

describe('a document is found fault with', () => {
  const cases: readonly [yaml: string, expected: readonly string[]][] = [
    ['{a: 1, b: text, Mixed.Case: "x", big: 123456789012345678901}', []],
    [
      '{c: null, Mixed.Case: "", set: {d: 2, e: null}}',
      [
        'warning c: null deletes it',
        'warning Mixed.Case: an empty value deletes it',
        'warning set: a set: what is in it is stored as [set]KEY',
        'warning set.e: null deletes it',
      ],
    ],
    [
      '{"[set]a": 1}',
      ['error [set]a: a key cannot begin with [: the members of a set are nested under its name'],
    ],
    [
      '{set: {"[a": 1}}',
      [
        'warning set: a set: what is in it is stored as [set]KEY',
        'error set.[a: a key cannot begin with [: the members of a set are nested under its name',
      ],
    ],
    ['{"": 1}', ['error : a key cannot be empty']],
    ['{"a]b": {c: 1}}', ['error a]b: the name of a set cannot contain ]']],
    ['{a: 1.0}', ['warning a: a number with a fraction or an exponent is stored as the text "1.0"']],
    ['{a: true}', ['warning a: a boolean (switches are 0 and 1) is stored as the text "True"']],
    ['{a: 2020-01-01}', ['warning a: a date is stored as the text "2020-01-01"']],
    ['{a: [x, 1]}', ['warning a: a list is stored as the text "[\'x\', 1]"']],
    [
      '{set: {a: {b: c}}}',
      [
        'warning set: a set: what is in it is stored as [set]KEY',
        "warning set.a: what is nested deeper than one level is stored as the text \"{'b': 'c'}\"",
      ],
    ],
  ];
  for (const [yaml, expected] of cases) {
    it(yaml, () => {
      const parsed = parseDocument(yaml, 'yaml');
      assert.ok(parsed.ok);
      const found = checkDocument(parsed.document);
      assert.deepEqual(
        found.map(({ severity, key, problem }) => `${severity} ${key}: ${problem}`),
        expected,
      );
    });
  }
});
