// The store in the DynamoDB tables that CloneSquad itself uses, for a deployment that outgrows one machine: several
// servers, and CloneSquad, may work on them at the same time.
import type { CredentialSource } from '../../../aws/credentials.ts';
import type { Environment } from '../../../aws/http-agents.ts';
import type { Store } from './store.ts';

export interface DynamoDbStoreOptions {
  readonly group: string;
  readonly region: string;
  /** Endpoint, proxy and authorities are taken from it: AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, HTTPS_PROXY, ... */
  readonly env: Environment;
  readonly credentials: CredentialSource;
  /** Makes the tables that are missing. */
  readonly createTables: boolean;
  readonly nowMs?: () => number;
}

export interface OpenedStore {
  readonly store: Store;
  /** What does not work as it should although the store can be used; one line each. */
  readonly warnings: readonly string[];
}

/** The group's tables are missing or are no such tables. The message names them and says what to do. */
export class StoreTablesError extends Error {
  override readonly name = 'StoreTablesError';
}

/**
 * Opens the group's tables once all of them can be used. Throws StoreTablesError, StoreError, or EnvironmentError for a
 * variable that cannot be used.
 */
export async function openDynamoDbStore(options: DynamoDbStoreOptions): Promise<OpenedStore> {
  // With the SDK, whose memory only a server that uses it should need.
  const { openTables } = await import('./dynamodb-tables.ts');
  return openTables(options);
}
