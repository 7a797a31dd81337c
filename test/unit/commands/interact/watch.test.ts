// Which trouble a watch outlives.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ApiFailure, type ApiFailureKind } from '../../../../src/interaction/client/api-failure.ts';
import { watch } from '../../../../src/commands/interact/watch.ts';

/** The kinds of two failures, of which the second is definite; the lines that were said, and what it ended with. */
async function watchOver(kinds: readonly ApiFailureKind[]): Promise<{ warned: string[]; ended: unknown }> {
  const warned: string[] = [];
  const left = [...kinds];
  const watched = {
    title: 'x',
    periodMs: 1,
    read: async () => {
      const kind = left.shift() ?? assert.fail('one reading too many');
      throw new ApiFailure({ kind, status: null, subject: 'x', said: kind, advice: '' });
    },
  };
  const context = {
    version: '0.0.0',
    env: {},
    signal: new AbortController().signal,
    readerGone: new AbortController().signal,
    isTerminal: false,
    input: { read: async () => '', ask: async () => null },
    print: () => undefined,
    warn: (line: string) => void warned.push(line),
    explain: () => undefined,
  };
  const ended = await watch(watched, { timeout: 1 }, context).catch((error: unknown) => error);
  return { warned, ended };
}

it('goes on when credentials cannot be had, and ends when there are none', async () => {
  const { warned, ended } = await watchOver(['credentials', 'credentials', 'no-credentials']);
  assert.deepEqual(warned, ['x: credentials']);
  assert.ok(ended instanceof ApiFailure);
  assert.equal(ended.kind, 'no-credentials');
});

it('ends when the token has expired', async () => {
  const { warned, ended } = await watchOver(['expired-token']);
  assert.deepEqual([warned, (ended as ApiFailure).kind], [[], 'expired-token']);
});
