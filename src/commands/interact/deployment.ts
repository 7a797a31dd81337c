// What `serve` says of the deployment it stands for: names as CloneSquad gives them, ids that stay the same.
import { createHash } from 'node:crypto';
import { commonAccountOf } from '../../interaction/server/keys/access-key.ts';
import type { KeyFile } from '../../interaction/server/keys/key-file.ts';
import type { Deployment } from '../../interaction/server/operations/call.ts';
import { queueName } from '../../interaction/server/queue/queue.ts';
import { tableNames } from '../../interaction/server/store/store.ts';
import type { ServeOptions } from './serve-options.ts';

/** `origin` is what the server listens on, without a slash at the end. */
export function describeDeployment(
  options: ServeOptions,
  region: string,
  accountId: string,
  origin: string,
): Deployment {
  const { dialect, group, apiId, publicUrl = origin, backupPath = null, reportPath = null } = options;
  return {
    dialect,
    group,
    accountId,
    region,
    apiId: apiId ?? apiIdOf(group),
    apiUrl: `${publicUrl}/v1/`,
    queueUrl: `${publicUrl}/${accountId}/${queueName(group)}`,
    tables: tableNames(group),
    backupPath,
    reportPath,
  };
}

/** The one account that all keys are of; null when they are of several, or there are none. */
export function accountOfKeys(keys: Pick<KeyFile, 'keys'>): string | null {
  return commonAccountOf(keys.keys().map(({ userArn }) => userArn));
}

/** In the form of API Gateway's ids, ten letters and digits; the same for a group wherever it is served. */
function apiIdOf(group: string): string {
  const digest = createHash('sha256').update(group).digest('hex');
  return BigInt(`0x${digest}`).toString(36).slice(0, 10);
}
