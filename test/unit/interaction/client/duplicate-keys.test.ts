// What a document says twice, in YAML and in JSON.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { duplicateKeys } from '../../../../src/interaction/client/duplicate-keys.ts';

const cases: readonly (readonly [text: string, expected: readonly string[]])[] = [
  ['a: 1\nb: 2\n', []],
  ['a: 1\nb: 2\na: 3\na: 4\n', ['a']],
  ['b: {x: 1, x: 2}\na: 1\na: 2\n', ['a', 'x']],
  ['s: {x: 1}\nt: {x: 2}\n', []],
  ['{"a": "1",\n\t"\\u0061": "2"}', ['a']],
  ['{"1": "x", "01": "y"}', []],
  ['"a\\u001b": 1\n"a\\u001b": 2\n', ['a']],
  ['x: &x {p: 1}\ny: &y {q: 1}\nz: {<<: *x, <<: *y}\n', []],
  ['{"a": ', []],
  ['', []],
  [`${' '.repeat(256 * 1024)}\na: 1\na: 2\n`, []],
];

describe('duplicate keys', () => {
  for (const [text, expected] of cases) {
    it(JSON.stringify(text.trimStart().slice(0, 60)), () => {
      assert.deepEqual([...duplicateKeys(text)].sort(), expected);
    });
  }
});
