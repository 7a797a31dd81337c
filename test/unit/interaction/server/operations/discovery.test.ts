// `discovery`: what the server knows, what an import adds, and who is asking.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerDiscovery } from '../../../../../src/interaction/server/operations/discovery.ts';
import type { Call } from '../../../../../src/interaction/server/operations/call.ts';
import { jsonOf, makeCall, makeDeployment, openStore } from './make-call.ts';

interface Answered {
  readonly discovery: Record<string, unknown>;
  readonly identity: Record<string, unknown>;
}

async function ask(call: Call): Promise<Answered> {
  return jsonOf(await answerDiscovery(call)) as Answered;
}

const always = {
  GroupName: 'test',
  InteractQueue: 'https://127.0.0.1:8443/111122223333/CloneSquad-Interact-test',
  ConfigurationTable: 'CloneSquad-test-Configuration',
  SchedulerTable: 'CloneSquad-test-Scheduler',
  StateTable: 'CloneSquad-test-State',
  EventTable: 'CloneSquad-test-EventLog',
  LongTermEventTable: 'CloneSquad-test-EventLog-LongTerm',
  AlarmStateEC2Table: 'CloneSquad-test-AlarmState-EC2',
};
const latest = {
  ...always,
  ConfigurationURLs: '',
  InteractAPIGWUrl: 'https://127.0.0.1:8443/v1/',
  InteractApi: 'pq264fab39',
  ApiGwVpcEndpointDNSEntry: '',
  AccountId: '111122223333',
};

describe('discovery', () => {
  const byDialect = {
    d0: { ...always, ConfigurationURL: '', ApplicationName: 'CloneSquad', FunctionName: 'Interact' },
    d1: { ...always, ConfigurationURLs: '' },
    d2: latest,
  };
  for (const dialect of ['d0', 'd1', 'd2'] as const) {
    it(`${dialect}: what the server knows by itself`, async (test) => {
      const { discovery } = await ask(makeCall(await openStore(test), { dialect }));
      assert.deepEqual(discovery, byDialect[dialect]);
    });
  }

  it('the places of reports and backups, where there are', async (test) => {
    const deployment = makeDeployment('d2', { reportPath: '/reports', backupPath: '/backups' });
    const { discovery } = await ask(makeCall(await openStore(test), { deployment }));
    assert.deepEqual(discovery, {
      ...latest,
      LoggingS3Path: '/reports',
      MetadataAndBackupS3Path: '/backups',
    });
  });

  it('what was imported wins', async (test) => {
    const store = await openStore(test);
    const imported = { CloneSquadVersion: 'v0.27.1', InteractApi: 'other', 'X-owner': { team: 'a' } };
    await store.inventory.write([{ key: 'discovery', value: JSON.stringify(imported) }]);
    assert.deepEqual((await ask(makeCall(store, { dialect: 'd2' }))).discovery, { ...latest, ...imported });
  });

  const times: [unknown, string | null][] = [
    ['2024-01-27T10:00:00Z', '2024-01-27 10:00:00+00:00'],
    ['2024-01-27 10:00:00.123456+00:00', '2024-01-27 10:00:00.123456+00:00'],
    ['never', null],
  ];
  for (const [InstallTime, printed] of times) {
    it(`D2 prints the time ${InstallTime} again`, async (test) => {
      const store = await openStore(test);
      await store.inventory.write([{ key: 'discovery', value: JSON.stringify({ InstallTime }) }]);
      assert.equal((await ask(makeCall(store, { dialect: 'd2' }))).discovery.InstallTime, printed);
      assert.equal((await ask(makeCall(store, { dialect: 'd1' }))).discovery.InstallTime, InstallTime);
    });
  }

  it('tells numbers as they were imported', async (test) => {
    const store = await openStore(test);
    await store.inventory.write([{ key: 'discovery', value: '{"X-ratio": 1.0, "X-count": 1}' }]);
    const { body } = (await answerDiscovery(makeCall(store, { dialect: 'd2' }))) as { body: string };
    assert.match(body, /"X-count": 1,\n {8}"X-ratio": 1\.0\n/);
  });

  it('names an imported document that is none', async (test) => {
    const store = await openStore(test);
    await store.inventory.write([{ key: 'discovery', value: '[]' }]);
    await assert.rejects(answerDiscovery(makeCall(store, { dialect: 'd2' })), {
      name: 'StoreError',
      message: 'item discovery: expected an object, got a list',
    });
  });
});

describe('identity', () => {
  it('is whoever asks, with what is not known as null', async (test) => {
    const { identity } = await ask(makeCall(await openStore(test), { dialect: 'd0' }));
    assert.deepEqual(identity, {
      accessKey: 'ASIAEXAMPLE',
      accountId: '111122223333',
      caller: 'AROAEXAMPLE:operator',
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: '127.0.0.1',
      user: 'AROAEXAMPLE:operator',
      userAgent: null,
      userArn: 'arn:aws:sts::111122223333:assumed-role/Operators/operator',
    });
  });

  const accounts: [string, string | null][] = [
    ['arn:aws:iam::333333333333:user/bob', '333333333333'],
    ['arn:aws-cn:iam::333333333333:root', '333333333333'],
    ['bob', null],
  ];
  for (const [userArn, accountId] of accounts) {
    it(`${userArn} is of account ${accountId}`, async (test) => {
      const call = makeCall(await openStore(test), { dialect: 'd2' });
      const { identity } = await ask({ ...call, identity: { ...call.identity, userArn } });
      assert.equal(identity.accountId, accountId);
    });
  }
});
