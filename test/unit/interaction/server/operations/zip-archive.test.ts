// Archives that are made in pieces.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { unzipSync } from 'fflate';
import { zipFiles } from '../../../../../src/interaction/server/operations/zip-archive.ts';

it('holds files of every size', async () => {
  const files = [0, 1, 64 * 1024, 64 * 1024 + 1, 300_000].map((size) => ({
    path: `directory/${size}.txt`,
    content: 'é'.repeat(size / 2) + 'x'.repeat(size % 2),
  }));
  const archive = unzipSync(await zipFiles(files, Date.UTC(2020, 10, 20)));
  const found = Object.entries(archive).map(([path, bytes]) => ({
    path,
    content: Buffer.from(bytes).toString(),
  }));
  assert.deepEqual(found, files);
});

it('lets others have their turn', async (test) => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  test.after(() => clearInterval(timer));
  const content = Array.from({ length: 400_000 }, (_, index) => index).join();
  await zipFiles([{ path: 'a', content }], Date.UTC(2020, 10, 20));
  assert.ok(turns > 1, `${turns} turns`);
});
