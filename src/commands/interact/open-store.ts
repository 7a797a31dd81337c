// Opens the store that the options of `serve` name.
import { lookUpConfigured } from '../../aws/configured-credentials.ts';
import { createCredentialSource, standardChain } from '../../aws/credentials.ts';
import { EnvironmentError } from '../../aws/http-agents.ts';
import { openDynamoDbStore, StoreTablesError } from '../../interaction/server/store/dynamodb-store.ts';
import { openSqliteStore } from '../../interaction/server/store/sqlite-store.ts';
import type { Store } from '../../interaction/server/store/store.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import type { ServeOptions } from './serve-options.ts';
import { startWithPath } from './start-failure.ts';

/** Throws CommandFailure. */
export async function openStore(
  options: ServeOptions,
  region: string,
  context: CommandContext,
): Promise<Store> {
  const { group, data, dynamodb = false, createTables = false } = options;
  if (createTables && !dynamodb) throw new CommandFailure(2, '--create-tables needs --dynamodb');
  if (dynamodb) return openTables(group, region, createTables, context);
  if (data === undefined) return openSqliteStore({ path: ':memory:', group });
  return startWithPath('--data', data, () => openSqliteStore({ path: data, group }));
}

async function openTables(
  group: string,
  region: string,
  createTables: boolean,
  { env, warn }: CommandContext,
): Promise<Store> {
  const credentials = createCredentialSource({ lookup: standardChain(env, { lookUpConfigured }) });
  try {
    const opened = await openDynamoDbStore({ group, region, env, credentials, createTables });
    opened.warnings.forEach(warn);
    return opened.store;
  } catch (error) {
    const isConfiguration = error instanceof StoreTablesError || error instanceof EnvironmentError;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(isConfiguration ? 2 : 1, `--dynamodb: ${reason}`, { cause: error });
  }
}
