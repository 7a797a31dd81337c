// The SQLite store by itself: killed while it commits, and on a disk that is full.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openSqliteStore } from '../../../src/interaction/server/store/sqlite-store.ts';

const writerCount = 1_000;
const kills = 20;

test('a kill takes nothing that was acknowledged, and leaves no write half made', {
  timeout: 60_000,
}, async (context) => {
  const path = join(temporaryDirectory(context), 'store.db');
  /** The last turn of each writer that was acknowledged. */
  const acknowledged = new Map<string, number>();
  let turn = 0;
  for (let kill = 0; kill < kills; kill++) {
    // Some kills come early in the log of changes, some late.
    await writeUntilKilled(path, turn, (kill % 4) * writerCount + 1, acknowledged);
    const store = await openSqliteStore({ path, group: 'test' });
    const items = new Map((await store.state.items('w')).map(({ key, value }) => [key, value]));
    await store.close();
    for (let writer = 0; writer < writerCount; writer++) {
      const parts = [1, 2, 3, 4].map((part) => items.get(`w${writer}.${part}`));
      assert.equal(new Set(parts).size, 1, `writer ${writer} is half made: ${parts.join(', ')}`);
      const found = Number(parts[0] ?? -1);
      const last = acknowledged.get(String(writer)) ?? -1;
      assert.ok(found >= last, `writer ${writer} was told ${last}, and ${found} is there`);
      turn = Math.max(turn, found + 1);
    }
  }
  assert.equal(acknowledged.size, writerCount, 'every writer was answered');
});

test('a full disk fails writes, and they work again when there is room', async (context) => {
  const program = fileURLToPath(new URL('durability-full-disk-program.ts', import.meta.url));
  const words = ['--mount', process.execPath, program, temporaryDirectory(context)];
  const { stdout } = await promisify(execFile)('unshare', words, { timeout: 30_000 });
  const { whenFull, afterRoom, afterReopening } = JSON.parse(stdout);
  assert.ok(whenFull.turn > 1, 'some were written first');
  assert.deepEqual(whenFull.failures, ['the database could not be written: database or disk is full']);
  assert.equal(whenFull.areAllThere, true);
  assert.deepEqual(afterRoom, { written: 10, areAllThere: true });
  assert.deepEqual(afterReopening, { areAllThere: true });
});

/** Runs the writers from turn `first` on, and kills them when `count` of their writes have been acknowledged. */
async function writeUntilKilled(
  path: string,
  first: number,
  count: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  const program = fileURLToPath(new URL('durability-store-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program, path, String(writerCount), String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [writer, turn] = line.split(' ');
    // The kill may have cut the last line, and its number short.
    if (writer === undefined || !turn) continue;
    acknowledged.set(writer, Math.max(Number(turn), acknowledged.get(writer) ?? 0));
    // Acknowledgements come between two commits: any moment of the next one is as good.
    if (++heard === count) setTimeout(() => child.kill('SIGKILL'), Math.random() * 20);
  }
  const [status, signal] = await closed;
  assert.equal(signal, 'SIGKILL', `the writers ended by themselves with status ${status}`);
}

function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cs-durability-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}
