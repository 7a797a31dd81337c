// The group's five tables: found or made, waited for, and the store over them.
import { setTimeout } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { createEventTable } from './dynamodb-event-table.ts';
import { createKeyValueTable } from './dynamodb-key-value-table.ts';
import { createDynamoDbRequests, type DynamoDbRequests } from './dynamodb-requests.ts';
import { type DynamoDbStoreOptions, type OpenedStore, StoreTablesError } from './dynamodb-store.ts';
import { StoreError, tableNames } from './store.ts';

/** A table and its one key, a text. */
interface TableKey {
  readonly table: string;
  readonly key: 'Key' | 'EventDate';
}

const creationTimeoutMs = 60_000;
const maxPauseMs = 2_000;

/** See `openDynamoDbStore`. */
export async function openTables(options: DynamoDbStoreOptions): Promise<OpenedStore> {
  const { group, createTables, nowMs = Date.now } = options;
  const nowS = () => Math.floor(nowMs() / 1000);
  const names = tableNames(group);
  const tables = Object.values(names).map(
    (table): TableKey => ({ table, key: table === names.events ? 'EventDate' : 'Key' }),
  );
  const requests = createDynamoDbRequests(options);
  try {
    await findTables(requests, tables, createTables);
    const warnings = createTables ? await turnOnExpiry(requests, tables) : [];
    const keyValueTable = (table: string) => createKeyValueTable(requests, table, nowS);
    const store = {
      configuration: keyValueTable(names.configuration),
      scheduler: keyValueTable(names.scheduler),
      state: keyValueTable(names.state),
      inventory: keyValueTable(names.inventory),
      events: createEventTable(requests, names.events, nowS),
      close: () => requests.close(),
    };
    return { store, warnings };
  } catch (error) {
    await requests.close();
    throw error;
  }
}

/** Resolves when every table can be used. */
async function findTables(
  requests: DynamoDbRequests,
  tables: readonly TableKey[],
  createTables: boolean,
): Promise<void> {
  const found = await Promise.all(tables.map(({ table }) => describe(requests, table)));
  const missing = tables.filter((_, index) => found[index] === undefined);
  if (missing.length > 0 && !createTables) {
    const names = missing.map(({ table }) => table).join(', ');
    throw new StoreTablesError(
      `DynamoDB has no ${missing.length === 1 ? 'table' : 'tables'} ${names}: give --create-tables to make what is missing, or correct the group or the region`,
    );
  }
  for (const [index, { table, key }] of tables.entries()) checkKey(table, key, found[index]);
  await Promise.all(missing.map((table) => create(requests, table)));
  const inactive = tables.filter((_, index) => found[index]?.TableStatus !== 'ACTIVE');
  await Promise.all(inactive.map(({ table }) => untilActive(requests, table)));
}

async function describe(requests: DynamoDbRequests, table: string): Promise<TableDescription | undefined> {
  const command = new DescribeTableCommand({ TableName: table });
  try {
    return (await requests.send(table, (client, options) => client.send(command, options))).Table;
  } catch (error) {
    if (causeOf(error) instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function checkKey(table: string, key: string, found: TableDescription | undefined): void {
  if (found === undefined) return;
  const keys = (found.KeySchema ?? []).map(({ AttributeName }) => AttributeName);
  if (keys.length === 1 && keys[0] === key) return;
  throw new StoreTablesError(
    `the DynamoDB table ${table} has the key ${keys.join(' and ')}, not ${key}: it is no table of CloneSquad, give another group or region`,
  );
}

async function create(requests: DynamoDbRequests, { table, key }: TableKey): Promise<void> {
  const command = new CreateTableCommand({
    TableName: table,
    KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  try {
    await requests.send(table, (client, options) => client.send(command, options));
  } catch (error) {
    // Another server that starts has made it.
    if (!(causeOf(error) instanceof ResourceInUseException)) throw error;
  }
}

async function untilActive(requests: DynamoDbRequests, table: string): Promise<void> {
  const giveUpAtMs = performance.now() + creationTimeoutMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
    const status = (await describe(requests, table))?.TableStatus;
    if (status === 'ACTIVE' || status === 'UPDATING') return;
    if (performance.now() > giveUpAtMs) {
      throw new StoreError(
        `DynamoDB: ${table}: is still ${status ?? 'missing'} after ${creationTimeoutMs / 1000} s`,
      );
    }
    await setTimeout(pauseMs);
  }
}

/** Has DynamoDB delete what has expired, in the tables where it does not yet. What fails is a warning: no reader sees it. */
async function turnOnExpiry(requests: DynamoDbRequests, tables: readonly TableKey[]): Promise<string[]> {
  const failures = await Promise.all(tables.map(({ table }) => turnOnExpiryOf(requests, table)));
  const failed = tables.filter((_, index) => failures[index] !== undefined).map(({ table }) => table);
  const first = failures.find((failure) => failure !== undefined);
  return first === undefined
    ? []
    : [
        `expired items stay in ${failed.join(', ')}, unseen: their time to live could not be turned on (${first})`,
      ];
}

async function turnOnExpiryOf(requests: DynamoDbRequests, table: string): Promise<string | undefined> {
  const describing = new DescribeTimeToLiveCommand({ TableName: table });
  const updating = new UpdateTimeToLiveCommand({
    TableName: table,
    TimeToLiveSpecification: { AttributeName: 'ExpirationTime', Enabled: true },
  });
  try {
    const found = await requests.send(table, (client, options) => client.send(describing, options));
    if (found.TimeToLiveDescription?.TimeToLiveStatus?.startsWith('ENABL')) return undefined;
    await requests.send(table, (client, options) => client.send(updating, options));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof StoreError ? error.cause : undefined;
}
