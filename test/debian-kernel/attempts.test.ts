import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, longestOpeningMs, type Outcome } from './guest/attempts.ts';

/** One letter an attempt, a new one every 10 ms that takes 2 ms: r(efused), a(ccepted), s(ilent). */
function series(letters: string, address = 'a'): Attempt[] {
  const outcomes: Record<string, Outcome> = { r: 'refused', a: 'accepted', s: 'silent' };
  return [...letters].map((letter, index) => {
    return { address, outcome: outcomes[letter]!, startedMs: index * 10, endedMs: index * 10 + 2 };
  });
}

const CASES: readonly { name: string; attempts: Attempt[]; expectedMs: number }[] = [
  { name: 'always refused: no longer than between two attempts', attempts: series('rrr'), expectedMs: 12 },
  { name: 'open between two refusals', attempts: series('rraar'), expectedMs: 32 },
  { name: 'silence is not a refusal', attempts: series('rsr'), expectedMs: 22 },
  { name: 'the longest of several', attempts: series('rarraar'), expectedMs: 32 },
  { name: 'open at the end', attempts: series('rra'), expectedMs: Number.POSITIVE_INFINITY },
  { name: 'open at the start', attempts: series('ar'), expectedMs: Number.POSITIVE_INFINITY },
  {
    name: 'each address for itself',
    attempts: [...series('rar', 'a'), ...series('raar', 'b')],
    expectedMs: 32,
  },
  {
    name: 'one address open is enough',
    attempts: [...series('rr', 'a'), ...series('ra', 'b')],
    expectedMs: Number.POSITIVE_INFINITY,
  },
];

for (const { name, attempts, expectedMs } of CASES) {
  test(name, () => assert.equal(longestOpeningMs(attempts), expectedMs));
}
