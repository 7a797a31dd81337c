import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isJournalStream, journalPrefixes } from '../../../../src/watcher/observe/journal.ts';

const STDERR = { dev: 9n, ino: 123_456_789_012_345_678n };

describe('the journal on standard error', () => {
  const cases: readonly (readonly [stream: string | undefined, isJournal: boolean])[] = [
    [undefined, false],
    ['', false],
    ['9:123456789012345678', true],
    // One more than what a number can tell apart.
    ['9:123456789012345679', false],
    ['8:123456789012345678', false],
    ['9', false],
    ['9:123456789012345678 ', false],
    ['09:123456789012345678', false],
  ];
  for (const [stream, isJournal] of cases) {
    test(`JOURNAL_STREAM=${stream}: ${isJournal}`, () => {
      assert.equal(isJournalStream(stream, STDERR), isJournal);
    });
  }
});

describe('prefixes', () => {
  const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

  test('are the priorities of sd-daemon(3) where standard error is the journal', () => {
    const prefix = journalPrefixes(`${STDERR.dev}:${STDERR.ino}`, () => STDERR);
    assert.deepEqual(LEVELS.map(prefix), ['<3>', '<4>', '<6>', '<7>']);
  });

  test('are nothing where it is another file, though the variable is passed on', () => {
    const prefix = journalPrefixes('9:1', () => STDERR);
    assert.deepEqual(LEVELS.map(prefix), ['', '', '', '']);
  });

  test('are nothing where standard error is closed', () => {
    const prefix = journalPrefixes('9:1', () => {
      throw new Error('EBADF');
    });
    assert.deepEqual(LEVELS.map(prefix), ['', '', '', '']);
  });
});
