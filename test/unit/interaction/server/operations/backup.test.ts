// The files that a backup writes: their names, what is in them, and who can read them.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { answerBackup, performBackup } from '../../../../../src/interaction/server/operations/backup.ts';
import type { Deployment } from '../../../../../src/interaction/server/operations/call.ts';
import { makeCall, makeDeployment, makeQueueCall, nowMs, openStore, told } from './make-call.ts';

async function directoryFor(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-backup-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

const place = 'accountid=111122223333/region=eu-west-3/groupname=test';

describe('backup', () => {
  it('writes tables, instances and discovery, as CloneSquad names them', async (test) => {
    const backupPath = join(await directoryFor(test), 'new', 'backups');
    const store = await openStore(test);
    await store.configuration.write([
      { key: 'app.disable', value: '1' },
      { key: '[set]app.disable', value: '0' },
    ]);
    await store.scheduler.write([{ key: 'night', value: 'cron(0 1 * * ? *),app.disable=1' }]);
    const fleet = createFleet(store, () => nowMs);
    await fleet.add(
      parseFleetInstance({ id: 'i-0ab', type: 't3.small', az: 'eu-west-3a', tags: { Name: 'web' } }),
    );
    await fleet.add(parseFleetInstance({ id: 'i-0cd', spot: true, subfleet: 'blue', state: 'draining' }));
    const call = makeCall(store, { deployment: makeDeployment('d2', { backupPath }) });

    assert.equal(
      told(await answerBackup(call)),
      `200 Exported Configuration/Scheduler backups and metadata to ${backupPath}.`,
    );
    assert.deepEqual(await filesIn(backupPath), [
      `backups/${place}/archive/2020-11-20 14:52:01+00:00-111122223333-eu-west-3-configuration-cs-test.yaml`,
      `backups/${place}/archive/2020-11-20 14:52:01+00:00-111122223333-eu-west-3-scheduler-cs-test.yaml`,
      `backups/${place}/latest-111122223333-eu-west-3-configuration-cs-test.yaml`,
      `backups/${place}/latest-111122223333-eu-west-3-scheduler-cs-test.yaml`,
      `metadata/configuration/${place}/configuration111122223333-eu-west-3-test-cs-test.json`,
      `metadata/discovery/${place}/111122223333-eu-west-3-discovery-cs-test.json`,
      `metadata/instances/${place}/111122223333-eu-west-3-managed-instances-cs-test.json`,
      `metadata/scheduler/${place}/scheduler111122223333-eu-west-3-test-cs-test.json`,
    ]);

    const text = (path: string) => readFile(join(backupPath, path), 'utf8');
    const lines = async (path: string) => (await text(path)).split('\n').map((line) => JSON.parse(line));
    const latest = await text(`backups/${place}/latest-111122223333-eu-west-3-configuration-cs-test.yaml`);
    assert.equal(latest, "app.disable: '1'\nset:\n  app.disable: '0'\n");
    assert.deepEqual(
      await lines(`metadata/configuration/${place}/configuration111122223333-eu-west-3-test-cs-test.json`),
      [{ Key: 'app.disable', Value: '1', MetadataRecordLastUpdatedAt: '2020-11-20 14:52:01+00:00' }],
    );
    assert.deepEqual(
      await lines(`metadata/instances/${place}/111122223333-eu-west-3-managed-instances-cs-test.json`),
      [
        {
          InstanceId: 'i-0ab',
          InstanceType: 't3.small',
          Placement: { AvailabilityZone: 'eu-west-3a' },
          State: { Name: 'running' },
          Tags: [{ Key: 'Name', Value: 'web' }],
          _Hostname: 'web',
        },
        {
          InstanceId: 'i-0cd',
          InstanceType: 'unknown',
          Placement: { AvailabilityZone: 'unknown' },
          State: { Name: 'running' },
          InstanceLifecycle: 'spot',
          Tags: [{ Key: 'clonesquad:subfleet-name', Value: 'blue' }],
          _Hostname: null,
          _SubfleetName: 'blue',
        },
      ],
    );
    const [discovery] = await lines(
      `metadata/discovery/${place}/111122223333-eu-west-3-discovery-cs-test.json`,
    );
    assert.equal(discovery.GroupName, 'test');
    assert.equal(discovery.MetadataRecordLastUpdatedAt, '2020-11-20 14:52:01');
    assert.deepEqual(discovery.Subfleets, ['blue']);
  });

  it('is for the owner alone, and replaces the latest', async (test) => {
    const backupPath = join(await directoryFor(test), 'new');
    const store = await openStore(test);
    const deployment = makeDeployment('d2', { backupPath });
    assert.match(told(await answerBackup(makeCall(store, { deployment }))), /^200 /);
    await store.configuration.write([{ key: 'a', value: '1' }]);
    const queued = makeQueueCall(store, { OpType: 'backup' }, { deployment, nowMs: nowMs + 1 });
    assert.match(told(await performBackup(queued)), /^200 /);
    assert.equal((await filesIn(join(backupPath, 'backups', place, 'archive'))).length, 4);
    const latest = join(
      backupPath,
      'backups',
      place,
      'latest-111122223333-eu-west-3-configuration-cs-test.yaml',
    );
    assert.equal(await readFile(latest, 'utf8'), "a: '1'\n");
    assert.equal((await stat(latest)).mode & 0o777, 0o600);
    for (const directory of [backupPath, join(backupPath, 'metadata')]) {
      assert.equal((await stat(directory)).mode & 0o777, 0o700);
    }
  });

  it('names the option when there is no directory', async (test) => {
    const answer = told(await answerBackup(makeCall(await openStore(test))));
    assert.match(answer, /^500 .*--backup-path.*'MetadataAndBackupS3Path'/);
  });

  it('says so when it cannot write', async (test) => {
    const directory = await directoryFor(test);
    const backupPath = join(directory, 'file');
    await writeFile(backupPath, '');
    const deployment = makeDeployment('d2', { backupPath });
    const answer = told(await answerBackup(makeCall(await openStore(test), { deployment })));
    assert.match(answer, /^500 Can not back up to .*\/file: (ENOTDIR|EEXIST)/);
  });

  const unsafe: readonly Partial<Deployment>[] = [
    { group: '../x' },
    { accountId: '1/2' },
    { region: '/etc' },
  ];
  for (const parts of unsafe) {
    it(`writes nowhere else for ${JSON.stringify(parts)}`, async (test) => {
      const backupPath = await directoryFor(test);
      const deployment = makeDeployment('d2', { backupPath, ...parts });
      const answer = told(await answerBackup(makeCall(await openStore(test), { deployment })));
      assert.match(answer, /^500 Can not back up: '.*' can not be in a file's name\.$/);
      assert.deepEqual(await filesIn(backupPath), []);
    });
  }
});
