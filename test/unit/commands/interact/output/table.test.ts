// What a person reads: aligned, one line a row, and harmless to the terminal.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainJson, plainLine, plainText } from '../../../../../src/commands/interact/output/plain.ts';
import { renderProperties, renderTable } from '../../../../../src/commands/interact/output/table.ts';

interface Row {
  readonly id: string;
  readonly count: number | null;
  readonly on: boolean;
}

const columns = [
  { heading: 'ID', cell: ({ id }: Row) => id },
  { heading: 'COUNT', cell: ({ count }: Row) => count },
  { heading: 'ON', cell: ({ on }: Row) => on },
];

describe('a table', () => {
  it('is aligned, with dashes for what is not there and no trailing blanks', () => {
    const rows = [
      { id: 'i-0123', count: 12, on: true },
      { id: 'é', count: null, on: false },
      { id: '', count: 0, on: true },
    ];
    const text = renderTable(columns, rows);
    assert.equal(text, 'ID      COUNT  ON\ni-0123  12     yes\né       -      no\n""      0      yes');
  });

  it('does not wrap, however long a cell is', () => {
    const long = 'x'.repeat(500);
    const lines = renderTable(columns, [{ id: long, count: 1, on: true }]).split('\n');
    assert.deepEqual([lines.length, lines[1]], [2, `${long}  1      yes`]);
  });

  it('has its headings alone without rows', () => {
    assert.equal(renderTable(columns, []), 'ID  COUNT  ON');
  });

  it('keeps a value from acting on the terminal, in names too', () => {
    assert.equal(
      renderProperties([['na\x1b[2Jme', 'a\x1b]0;title\x07b\u202e\u009b2Jc']]),
      'na [2Jme  a ]0;title b  2Jc',
    );
  });
});

describe('plain text', () => {
  it('keeps blanks and line breaks, and nothing that a terminal acts on', () => {
    assert.equal(plainLine('a  b\r\nc\u2028d'), 'a  b  c d');
    assert.equal(plainText('a\tb\n\x1bc'), 'a b\n c');
  });

  const values = ['\u009b31m', '\u202eabc', '\u{e0001}', '\x7f', '\x1b[2J', '\ud800', 'é €'];
  for (const value of values) {
    it(`is the same value in JSON: ${JSON.stringify(value)}`, () => {
      const text = plainJson({ value });
      assert.deepEqual(JSON.parse(text), { value });
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    });
  }
});
