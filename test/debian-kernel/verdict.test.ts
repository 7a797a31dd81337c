import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './verdict.ts';

const CASES: readonly { name: string; console: string; passed: number; problems: readonly RegExp[] }[] = [
  {
    name: 'all passed',
    console: 'TAP version 14\nok 1 - a\n[ 1.0] noise\nok 2 - b\n1..2',
    passed: 2,
    problems: [],
  },
  { name: 'one failed', console: 'ok 1 - a\nnot ok 2 - b\n1..2', passed: 1, problems: [/^failed: b$/] },
  { name: 'cut short', console: 'ok 1 - a\nok 2 - b', passed: 2, problems: [/never reached its end/] },
  { name: 'nothing at all', console: '', passed: 0, problems: [/never reached its end/] },
  { name: 'an empty plan', console: '1..0', passed: 0, problems: [/0 of 0/] },
  { name: 'fewer than planned', console: 'ok 1 - a\n1..2', passed: 1, problems: [/1 of 2/] },
  {
    name: 'a line lost',
    console: 'ok 1 - a\nok 3 - c\n1..3',
    passed: 2,
    problems: [/check 2 is missing/, /2 of 3/],
  },
  {
    name: 'given up',
    console: 'ok 1 - a\nBail out! no agent',
    passed: 1,
    problems: [/no agent/, /never reached/],
  },
];

for (const { name, console: text, passed, problems } of CASES) {
  test(name, () => {
    const verdict = judge(text.split('\n'));
    assert.equal(verdict.passed, passed);
    assert.equal(verdict.problems.length, problems.length, verdict.problems.join('; '));
    for (const [index, problem] of problems.entries()) assert.match(verdict.problems[index]!, problem);
  });
}
