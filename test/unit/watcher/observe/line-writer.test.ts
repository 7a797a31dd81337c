import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LineWriter } from '../../../../src/watcher/observe/line-writer.ts';

/** More than a pipe takes. */
const LONG = `${'x'.repeat(2 ** 20)}\n`;

test('what comes after a line that was cut begins on a line of its own', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'line-writer-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(file));
  const everything = (): string => {
    const chunk = Buffer.alloc(2 ** 20);
    return chunk.toString('utf8', 0, readSync(file, chunk));
  };
  const lines = new LineWriter();
  lines.write(file, 'first\n');
  assert.throws(() => lines.write(file, LONG), { code: 'EAGAIN' });
  // Nothing of this one is taken: it leaves no second piece.
  assert.throws(() => lines.write(file, 'lost\n'), { code: 'EAGAIN' });
  assert.match(everything(), /^first\nx+$/);
  lines.write(file, 'next\n');
  lines.write(file, 'last\n');
  assert.equal(everything(), '\nnext\nlast\n');
});
