// Fills the disk under a store, makes room again, and says in JSON what happened. Runs in a mount namespace of its own.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '../../../src/interaction/server/store/sqlite-store.ts';
import { StoreError } from '../../../src/interaction/server/store/store.ts';

const [directory = ''] = process.argv.slice(2);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
const filler = join(directory, 'filler');
writeFileSync(filler, Buffer.alloc(2 * 1024 * 1024));

const path = join(directory, 'store.db');
const value = 'x'.repeat(20_000);
let store = await openSqliteStore({ path, group: 'test' });
const acknowledged: string[] = [];
const failures: string[] = [];

async function writeTenAtOnce(turn: number): Promise<void> {
  const keys = Array.from({ length: 10 }, (_, index) => `k${turn}.${index}`);
  await Promise.all(
    keys.map((key) =>
      store.state.write([{ key, value }]).then(
        () => acknowledged.push(key),
        (error: unknown) => failures.push(error instanceof StoreError ? error.message : String(error)),
      ),
    ),
  );
}

async function areAllThere(): Promise<boolean> {
  const found = new Set((await store.state.items()).map(({ key }) => key));
  return acknowledged.every((key) => found.has(key));
}

let turn = 0;
while (failures.length === 0 && turn < 100) await writeTenAtOnce(turn++);
const whenFull = { turn, failures: [...new Set(failures)], areAllThere: await areAllThere() };
rmSync(filler);
const before = acknowledged.length;
await writeTenAtOnce(turn);
const afterRoom = { written: acknowledged.length - before, areAllThere: await areAllThere() };
await store.close();
store = await openSqliteStore({ path, group: 'test' });
const afterReopening = { areAllThere: await areAllThere() };
await store.close();
process.stdout.write(JSON.stringify({ whenFull, afterRoom, afterReopening }));
