// Tables that are there, are missing, are made, or are something else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EnvironmentError } from '../../../../../src/aws/http-agents.ts';
import {
  openDynamoDbStore,
  StoreTablesError,
} from '../../../../../src/interaction/server/store/dynamodb-store.ts';
import { anyCredentials, type Dynalite, startDynalite } from '../../../../fixtures/dynalite.ts';
import { type ScriptedAnswer, type ScriptedRequest, startScriptedDynamoDb } from './scripted-dynamodb.ts';

const credentials = anyCredentials;
const region = 'eu-west-1';

describe('tables', () => {
  let dynalite: Dynalite;
  before(async () => {
    dynalite = await startDynalite();
  });
  after(() => dynalite.close());
  const open = (group: string, createTables: boolean) =>
    openDynamoDbStore({
      group,
      region,
      env: { AWS_ENDPOINT_URL_DYNAMODB: dynalite.url },
      credentials,
      createTables,
    });

  it('that are missing are named, with what to do', async () => {
    await assert.rejects(open('absent', false), (error: Error) => {
      assert.ok(error instanceof StoreTablesError);
      const names = ['Configuration', 'Scheduler', 'State', 'Inventory', 'EventLog'];
      const listed = names.map((name) => `CloneSquad-absent-${name}`).join(', ');
      assert.equal(
        error.message,
        `DynamoDB has no tables ${listed}: give --create-tables to make what is missing, or correct the group or the region`,
      );
      return true;
    });
  });

  it('are made when asked for, by two servers at the same time too, and found afterwards', async () => {
    const opened = await Promise.all([open('made', true), open('made', true)]);
    await opened[0]!.store.state.write([{ key: 'k', value: 'v' }]);
    assert.equal((await opened[1]!.store.state.get('k'))?.value, 'v');
    const later = await open('made', false);
    assert.equal((await later.store.state.get('k'))?.value, 'v');
    assert.deepEqual(later.warnings, []);
    for (const { store } of [...opened, later]) await store.close();
  });

  it('without a time to live are a warning', async () => {
    const { store, warnings } = await open('warned', true);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0]!,
      /^expired items stay in CloneSquad-warned-Configuration, .*EventLog, unseen: their time to live could not be turned on \(.*UnknownOperationException/,
    );
    await store.close();
  });
});

describe('tables of a DynamoDB that is told what to say', () => {
  const open = async (
    createTables: boolean,
    answer: (request: ScriptedRequest, earlier: readonly ScriptedRequest[]) => ScriptedAnswer | undefined,
  ) => {
    const dynamodb = await startScriptedDynamoDb(answer);
    after(() => dynamodb.close());
    const env = { AWS_ENDPOINT_URL: dynamodb.url };
    const opening = openDynamoDbStore({ group: 'web', region, env, credentials, createTables });
    return { dynamodb, opening };
  };
  const isOf = (request: ScriptedRequest, operation: string, table: string): boolean =>
    request.operation === operation && request.body.TableName === `CloneSquad-web-${table}`;

  it('are made on demand, waited for, and only what is missing', async () => {
    const { dynamodb, opening } = await open(true, (request, earlier) => {
      if (isOf(request, 'DescribeTimeToLive', 'Inventory')) {
        return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
      }
      if (!isOf(request, 'DescribeTable', 'Inventory')) return undefined;
      const asked = earlier.filter((one) => isOf(one, 'DescribeTable', 'Inventory')).length;
      if (asked === 0) return 'ResourceNotFoundException';
      return asked < 3 ? { Table: { TableStatus: 'CREATING' } } : undefined;
    });
    const { store, warnings } = await opening;
    assert.deepEqual(warnings, []);
    const made = dynamodb.of('CreateTable').map(({ body }) => body);
    assert.deepEqual(made, [
      {
        TableName: 'CloneSquad-web-Inventory',
        KeySchema: [{ AttributeName: 'Key', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'Key', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    ]);
    const expiries = dynamodb.of('UpdateTimeToLive').map(({ body }) => body);
    assert.deepEqual(expiries, [
      {
        TableName: 'CloneSquad-web-Inventory',
        TimeToLiveSpecification: { AttributeName: 'ExpirationTime', Enabled: true },
      },
    ]);
    const last = dynamodb.requests.findIndex(({ operation }) => operation === 'UpdateTimeToLive');
    const isActive = dynamodb.requests
      .slice(0, last)
      .filter((one) => isOf(one, 'DescribeTable', 'Inventory'));
    assert.equal(isActive.length, 4, 'its expiry is turned on once it is there');
    await store.close();
  });

  it('one missing is one named', async () => {
    const { opening } = await open(false, (request) =>
      isOf(request, 'DescribeTable', 'State') ? 'ResourceNotFoundException' : undefined,
    );
    await assert.rejects(opening, {
      message: /^DynamoDB has no table CloneSquad-web-State: give --create-tables/,
    });
  });

  it('of another key are refused', async () => {
    const KeySchema = [{ AttributeName: 'id' }, { AttributeName: 'range' }];
    const { opening, dynamodb } = await open(true, (request) =>
      isOf(request, 'DescribeTable', 'State') ? { Table: { TableStatus: 'ACTIVE', KeySchema } } : undefined,
    );
    await assert.rejects(opening, {
      name: 'StoreTablesError',
      message:
        /^the DynamoDB table CloneSquad-web-State has the key id and range, not Key: it is no table of CloneSquad/,
    });
    assert.deepEqual(dynamodb.of('CreateTable'), []);
  });

  it('are left alone, their expiry too, when none is to be made', async () => {
    const { opening, dynamodb } = await open(false, () => undefined);
    const { store } = await opening;
    assert.deepEqual([...new Set(dynamodb.requests.map(({ operation }) => operation))], ['DescribeTable']);
    await store.close();
  });

  it('that may not be described are an error', async () => {
    const { opening } = await open(false, () => 'AccessDeniedException');
    await assert.rejects(opening, { name: 'StoreError', message: /AccessDeniedException: scripted$/ });
  });
});

it('an endpoint that is no URL is said by its variable', async () => {
  const env = { AWS_ENDPOINT_URL_DYNAMODB: 'nonsense' };
  await assert.rejects(
    openDynamoDbStore({ group: 'web', region, env, credentials, createTables: false }),
    EnvironmentError,
  );
});
