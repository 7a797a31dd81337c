// The two archives of a debug report: everything in the one, nothing that tells whose it is in the other.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { performPublishReport } from '../../../../../src/interaction/server/operations/publish-report.ts';
import {
  parseEnteredSentMetrics,
  putSentMetrics,
} from '../../../../../src/interaction/server/records/metrics.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { makeDeployment, makeQueueCall, nowMs, openStore, told } from './make-call.ts';

const secrets = [
  '111122223333',
  'i-0123456789abcdef0',
  'web-front',
  'secret-tag',
  '10.1.2.3',
  'role/Operators',
  'fe80::1',
];

async function directoryFor(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-report-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function openDeployment(test: TestContext): Promise<Store> {
  const store = await openStore(test);
  await createFleet(store, () => nowMs).add(
    parseFleetInstance({
      id: 'i-0123456789abcdef0',
      tags: { Name: 'web-front', Owner: 'secret-tag', 'clonesquad:group-name': 'test' },
    }),
  );
  await store.configuration.write([{ key: 'app.disable', value: '1' }]);
  await store.scheduler.write([
    { key: 'night', value: 'cron(0 1 * * ? *),role=arn:aws:iam::111122223333:role/Operators' },
  ]);
  const hidden = JSON.stringify({ InstanceId: 'i-0123456789abcdef0', PrivateIpAddress: '10.1.2.3' });
  const packed = gzipSync(hidden).toString('base64');
  await store.state.write([{ key: 'ec2.addresses', value: packed }]);
  await store.events.add({
    EventDate: '2020-11-17 10:50:59.462776+00:00',
    EventType: 'start_instances',
    InputData: '{"web-front":["10.1.2.3","fe80::1"]}',
    Metadata: JSON.stringify(packed),
  });
  const metric = {
    MetricName: 'RunningInstances',
    Unit: 'Count',
    StorageResolution: 60,
    Dimensions: [],
    Value: 17,
  };
  await putSentMetrics(store, parseEnteredSentMetrics([metric]));
  return store;
}

async function textsOf(path: string): Promise<Record<string, string>> {
  const files = unzipSync(await readFile(path));
  return Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
  );
}

describe('debug/publishreportnow', () => {
  it('writes a clear report and one that can be shown', async (test) => {
    const reportPath = join(await directoryFor(test), 'reports');
    const store = await openDeployment(test);
    const call = makeQueueCall(store, {}, { deployment: makeDeployment('d2', { reportPath }) });
    assert.equal(told(await performPublishReport(call)), `200 Debug reports exported to '${reportPath}'`);
    const names = (await readdir(reportPath)).sort();
    assert.deepEqual(names, [
      '2020-11-20_14:52:01+00:00_notifymgr_report.zip',
      '2020-11-20_14:52:01+00:00_notifymgr_report_OBFUSCATED.zip',
    ]);
    const [clearPath, obfuscatedPath] = names.map((name) => join(reportPath, name));
    assert.equal((await stat(clearPath!)).mode & 0o777, 0o600);
    // Another program's opinion of the archive.
    await promisify(execFile)('/usr/bin/python3', ['-m', 'zipfile', '-t', obfuscatedPath!]);

    const clear = await textsOf(clearPath!);
    const obfuscated = await textsOf(obfuscatedPath!);
    assert.deepEqual(Object.keys(obfuscated), Object.keys(clear));
    assert.deepEqual(Object.keys(clear).sort(), [
      'events.json',
      'fleet.json',
      'report.json',
      'tables/configuration.json',
      'tables/inventory.json',
      'tables/scheduler.json',
      'tables/state.json',
    ]);
    assert.deepEqual(JSON.parse(clear['tables/configuration.json']!), [{ key: 'app.disable', value: '1' }]);
    const clearText = Object.values(clear).join('\n');
    const obfuscatedText = Object.values(obfuscated).join('\n');
    for (const secret of secrets) {
      assert.ok(clearText.includes(secret), `the clear report lacks ${secret}`);
      assert.ok(!obfuscatedText.includes(secret), `the obfuscated report has ${secret}`);
    }
    assert.ok(!obfuscatedText.includes('H4sI'), 'something compressed is left');
    for (const useful of [
      'app.disable',
      'cron(0 1 * * ? *)',
      'RunningInstances',
      '10:50:59.462776',
      'clonesquad:group-name',
    ]) {
      assert.ok(obfuscatedText.includes(useful), `the obfuscated report lacks ${useful}`);
    }
    // One word for one instance, wherever it stands.
    const [instance] = JSON.parse(obfuscated['fleet.json']!);
    assert.ok(obfuscated['tables/state.json']?.includes(instance.id));
    assert.ok(obfuscated['events.json']?.includes(instance.id));
  });

  it('says so without a directory, and when it cannot write', async (test) => {
    const store = await openStore(test);
    const file = join(await directoryFor(test), 'file');
    await writeFile(file, '');
    const perform = (reportPath: string | null) =>
      performPublishReport(makeQueueCall(store, {}, { deployment: makeDeployment('d0', { reportPath }) }));
    assert.match(told(await perform(null)), /^503 No 'LoggingS3Path' configured\. .*--report-path/);
    assert.match(told(await perform(file)), /^500 Can't export debug report to .*\/file: (ENOTDIR|EEXIST)/);
  });
});
