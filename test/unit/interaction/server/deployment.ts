// A deployment to answer for, and a fleet of two instances in a store that is forgotten.
import type { Dialect } from '../../../../src/interaction/contract/instance-metadata.ts';
import { createFleet } from '../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import type { Deployment } from '../../../../src/interaction/server/operations/call.ts';
import { openSqliteStore } from '../../../../src/interaction/server/store/sqlite-store.ts';
import { type Store, tableNames } from '../../../../src/interaction/server/store/store.ts';
import { nowMs, region } from './signed-request.ts';

export const accountId = '111111111111';

export function deploymentOf(dialect: Dialect): Deployment {
  return {
    dialect,
    group: 'web',
    accountId,
    region,
    apiId: 'abcde01234',
    apiUrl: 'https://api.example.com/v1/',
    queueUrl: `https://api.example.com/${accountId}/CloneSquad-Interact-web`,
    tables: tableNames('web'),
    backupPath: null,
    reportPath: null,
  };
}

/** `i-0ab` is draining, `i-0cd` stopped. The caller closes it. */
export async function openStoreOfTwo(): Promise<Store> {
  const store = await openSqliteStore({ path: ':memory:', group: 'web', nowMs: () => nowMs });
  const fleet = createFleet(store, () => nowMs);
  const web = { name: 'web', type: 't3.small', az: 'eu-west-3a', status: 'ok', tags: { Name: 'web' } };
  await fleet.add(parseFleetInstance({ ...web, id: 'i-0ab', state: 'draining' }));
  await fleet.add(parseFleetInstance({ ...web, id: 'i-0cd', state: 'stopped' }));
  return store;
}
