// What a shell makes of a pasted word is the path again, whatever the path has in it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { shellWord } from '../../../../src/watcher/domain/shell-word.ts';

const paths = [
  '/etc/cs/draining/10-stop',
  '/etc/a path/$HOME/`id`',
  "/etc/it's",
  '/etc/two\nlines',
  "/etc/it's\ntwo lines; echo pasted #'",
  '/etc/a "quoted"\\\tone',
  '/etc/\u001b[31m\u007f\u009b\u0085',
  '/etc/é\n🎈',
];
for (const path of paths) {
  test(`${JSON.stringify(path)} is one word, on one line`, () => {
    const word = shellWord(path);
    assert.doesNotMatch(word, /\p{Cc}/u);
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    assert.equal(execFileSync('bash', ['-c', `printf %s ${word}`], { encoding: 'utf8', env }), path);
  });
}
