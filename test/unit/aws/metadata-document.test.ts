import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDocument } from '../../../src/aws/metadata-document.ts';

const rows: readonly [text: string, document: Record<string, unknown>][] = [
  ['{"a":1,"b":{"c":null}}', { a: 1, b: { c: null } }],
  [' {"a":"b"}\n', { a: 'b' }],
  ['["a"]', {}],
  ['"a"', {}],
  ['null', {}],
  ['', {}],
  ['{"a":', {}],
  ['<html>', {}],
];
for (const [text, document] of rows) {
  test(`the members of ${JSON.stringify(text)}`, () => {
    assert.deepEqual(toDocument(text), document);
  });
}
