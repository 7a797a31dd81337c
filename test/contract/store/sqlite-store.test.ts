// The contract against SQLite, in a file and in memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../../src/interaction/server/store/sqlite-store.ts';
import { describeStoreContract } from './store.contract.ts';

describeStoreContract('SQLite file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cs-store-'));
  return {
    open: (nowMs) => openSqliteStore({ path: join(directory, 'store.db'), group: 'test', nowMs }),
    close: () => rm(directory, { recursive: true }),
  };
});

describeStoreContract(
  'SQLite in memory',
  async () => ({
    open: (nowMs) => openSqliteStore({ path: ':memory:', group: 'test', nowMs }),
    close: async () => undefined,
  }),
  { isKept: false },
);
