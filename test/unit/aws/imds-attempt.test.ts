import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Imds, type ImdsAnswer, type ImdsFailure, unknown } from '../../../src/aws/imds.ts';
import { untilSilent } from '../../../src/aws/imds-attempt.ts';

/** A service with scripted answers (the last one repeats), and how often it was asked. */
function service(...answers: ImdsAnswer<string>[]): { imds: Imds; asked: () => number } {
  let asked = 0;
  const read = async () => answers[Math.min(asked++, answers.length - 1)]!;
  return { imds: { read, close: () => undefined }, asked: () => asked };
}

const VALUE = { kind: 'value', value: 'x' } as const;

const rows: [ImdsFailure, isAskedAgain: boolean][] = [
  ['unreachable', false],
  ['timeout', false],
  ['refused', false],
  ['failed', true],
  ['malformed', true],
  ['aborted', true],
];
for (const [cause, isAskedAgain] of rows) {
  test(`after ${cause} it is asked ${isAskedAgain ? 'again' : 'no more'}`, async () => {
    const failure = unknown(cause, 'why');
    const { imds, asked } = service(VALUE, failure, VALUE);
    const attempt = untilSilent(imds);
    assert.deepEqual(await attempt.read('a'), VALUE);
    assert.deepEqual(await attempt.read('b'), failure);
    assert.deepEqual(await attempt.read('c'), isAskedAgain ? VALUE : failure);
    assert.equal(asked(), isAskedAgain ? 3 : 2);
  });
}

test('an absence is an answer like any other, and each attempt begins anew', async () => {
  const { imds, asked } = service({ kind: 'absent' }, unknown('timeout', 'why'), VALUE);
  const first = untilSilent(imds);
  await first.read('a');
  await first.read('b');
  await first.read('c');
  assert.deepEqual(await untilSilent(imds).read('d'), VALUE);
  assert.equal(asked(), 3);
});
