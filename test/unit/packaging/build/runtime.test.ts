// A runtime other than the pinned one is refused, and the message says what to do.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostArch } from '../../../../scripts/packaging/arch.ts';
import { isPinned, pinnedRuntime, refuseOther } from '../../../../scripts/packaging/runtime.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';

const NODE = join(import.meta.dirname, '../../../../node_modules/node/bin/node');
const BINARY = 'a runtime';
const CHECKSUM = createHash('sha256').update(BINARY).digest('hex');

test('the binary with the expected checksum is taken, any other refused with both checksums', (t) => {
  const { path, close } = temporaryDirectory();
  t.after(close);
  const file = join(path, 'node');
  writeFileSync(file, BINARY);
  refuseOther(file, CHECKSUM, path);
  writeFileSync(file, `${BINARY} `);
  assert.throws(
    () => refuseOther(file, CHECKSUM, path),
    (error: Error) => error.message.includes(CHECKSUM) && error.message.includes(`remove ${path}`),
  );
});

test('a cached runtime that was changed is refused, for each architecture', (t) => {
  const { path, close } = temporaryDirectory();
  t.after(close);
  for (const arch of ['x64', 'arm64'] as const) {
    mkdirSync(join(path, `node-linux-${arch}-1.2.3/bin`), { recursive: true });
    writeFileSync(join(path, `node-linux-${arch}-1.2.3/bin/node`), BINARY);
    assert.throws(() => pinnedRuntime(arch, '1.2.3', path), /is not the pinned Node\.js/);
  }
});

test('what is shipped is judged by its own bytes', (t) => {
  const { path, close } = temporaryDirectory();
  t.after(close);
  const arch = hostArch();
  assert.equal(isPinned(NODE, arch), true);
  assert.equal(isPinned(NODE, arch === 'x64' ? 'arm64' : 'x64'), false);
  writeFileSync(join(path, 'node'), BINARY);
  assert.equal(isPinned(join(path, 'node'), arch), false);
});
