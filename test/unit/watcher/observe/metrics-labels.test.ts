import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BoundedLabel, labelValue } from '../../../../src/watcher/observe/metrics-labels.ts';

describe('a text from elsewhere as a label', () => {
  const cases: readonly (readonly [text: string, value: string])[] = [
    ['nft', 'nft'],
    ['Grüße "quoted" \\ back', 'Grüße "quoted" \\ back'],
    ['two\nlines\r\n\0', 'two_lines___'],
    ['\u202eright to left\u2028', '_right to left_'],
    ['half a pair \ud800', 'half a pair \ufffd'],
    ['x'.repeat(1000), 'x'.repeat(128)],
  ];
  for (const [text, value] of cases) {
    test(JSON.stringify(text.slice(0, 24)), () => assert.equal(labelValue(text), value));
  }
});

test('twenty values are told apart, the rest are one, and those known stay known', () => {
  const label = new BoundedLabel();
  const given = Array.from({ length: 30 }, (_, i) => label.of(`command-${i}`));
  assert.equal(new Set(given).size, 21);
  assert.deepEqual(given.slice(18, 22), ['command-18', 'command-19', 'other', 'other']);
  assert.equal(label.of('command-3'), 'command-3');
  assert.equal(label.of('command-29'), 'other');
});
