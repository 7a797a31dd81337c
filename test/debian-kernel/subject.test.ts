import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSubject, UsageError } from './subject.ts';

const directory = mkdtempSync(join(tmpdir(), 'debian-kernel-'));
after(() => rmSync(directory, { recursive: true }));

/** A tree whose runtime is `place`'s doing. */
function tree(name: string, place: (runtime: string) => void): string {
  const path = join(directory, name);
  mkdirSync(join(path, 'runtime'), { recursive: true });
  place(join(path, 'runtime/node'));
  return path;
}

const OWN = tree('own', (runtime) => symlinkSync(process.execPath, runtime));
const SCRIPT = tree('script', (runtime) => writeFileSync(runtime, '#!/bin/sh\n'));
const OTHER = process.arch === 'x64' ? 'arm64' : 'x64';

test('a tree for the architecture', () => {
  assert.deepEqual(readSubject([process.arch, OWN]), { arch: process.arch, tree: OWN });
});

const WRONG: readonly { name: string; words: readonly string[]; message: RegExp }[] = [
  { name: 'nothing', words: [], message: /needs an architecture and a tree/ },
  { name: 'one word too many', words: ['x64', OWN, OWN], message: /needs an architecture and a tree/ },
  {
    name: 'no such architecture',
    words: ['amd64', OWN],
    message: /no architecture amd64, only x64 and arm64/,
  },
  { name: 'a name that every object has', words: ['toString', OWN], message: /no architecture toString/ },
  { name: 'an empty directory', words: ['x64', directory], message: /no programs in .*scripts\/package/ },
  { name: 'a runtime that is no program', words: ['x64', SCRIPT], message: /no programs in / },
  { name: "the other architecture's", words: [OTHER, OWN], message: new RegExp(`is not for ${OTHER}`) },
];

for (const { name, words, message } of WRONG) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => readSubject(words),
      (error) => error instanceof UsageError && message.test(error.message) && !error.message.includes('\n'),
    );
  });
}
