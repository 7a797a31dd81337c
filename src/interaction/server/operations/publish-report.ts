// `debug/publishreportnow`: everything that the server keeps, in one archive for whoever has to find out what happened, and
// in a second one that can be shown to strangers.
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isArray, type JsonValue } from '../../contract/python-json.ts';
import { pythonTimestamp } from '../../contract/timestamps.ts';
import { nameOf } from '../fleet/fleet-instance.ts';
import type { OperationAnswer, QueueCall } from './call.ts';
import { createObfuscator, type Obfuscate } from './obfuscate.ts';
import { writeFileAtomically } from '../write-file.ts';
import { type ArchivedFile, zipFiles } from './zip-archive.ts';

type Report = ReadonlyMap<string, JsonValue>;

/** The clear report holds what the tables hold, names and addresses included: its file is for the owner alone. */
export async function performPublishReport(call: QueueCall): Promise<OperationAnswer> {
  const { deployment, nowMs } = call;
  const { reportPath } = deployment;
  if (reportPath === null) {
    const start = 'Start the server with --report-path.';
    return { status: 503, body: `No 'LoggingS3Path' configured. Can't export debug report. ${start}` };
  }
  const report = await collect(call);
  const obfuscate = createObfuscator(await sensitiveNames(call));
  const obfuscated = await obfuscateReport(report, obfuscate);
  const name = `${pythonTimestamp(nowMs).replaceAll(' ', '_')}_notifymgr_report`;
  try {
    await writeFileAtomically(join(reportPath, `${name}.zip`), await zipFiles(toFiles(report), nowMs));
    await writeFileAtomically(
      join(reportPath, `${name}_OBFUSCATED.zip`),
      await zipFiles(toFiles(obfuscated), nowMs),
    );
  } catch (error) {
    return { status: 500, body: `Can't export debug report to ${reportPath}: ${(error as Error).message}` };
  }
  return { status: 200, body: `Debug reports exported to '${reportPath}'` };
}

/** What each file of the archive holds, by its path there. */
async function collect({ deployment, store, fleet, nowMs }: QueueCall): Promise<Report> {
  const { dialect, group, accountId, region, apiId } = deployment;
  const [configuration, scheduler, state, inventory, events, instances] = await Promise.all([
    store.configuration.items(),
    store.scheduler.items(),
    store.state.items(),
    store.inventory.items(),
    store.events.events(),
    fleet.instances(),
  ]);
  const files: Record<string, unknown> = {
    'report.json': {
      GenerationDate: pythonTimestamp(nowMs),
      Deployment: { dialect, group, accountId, region, apiId },
    },
    'tables/configuration.json': configuration,
    'tables/scheduler.json': scheduler,
    'tables/state.json': state,
    // The metrics and the catalogue are here.
    'tables/inventory.json': inventory,
    'events.json': events,
    'fleet.json': instances,
  };
  // What the store and the fleet give is JSON but for members that are undefined.
  return new Map(Object.entries(files).map(([path, content]) => [path, JSON.parse(JSON.stringify(content))]));
}

/** Tags are replaced where they stand as such; elsewhere a value like `1` or `true` is most often another's. */
async function sensitiveNames({ deployment, fleet }: QueueCall): Promise<readonly string[]> {
  const ofInstances = (await fleet.instances()).flatMap((instance) => [instance.id, nameOf(instance)]);
  return [deployment.accountId, deployment.apiId, ...ofInstances].filter((name) => name !== null);
}

/** Item by item, so that whoever polls meanwhile has a turn. */
async function obfuscateReport(report: Report, obfuscate: Obfuscate): Promise<Report> {
  const obfuscated = new Map<string, JsonValue>();
  for (const [path, content] of report) {
    if (!isArray(content)) {
      obfuscated.set(path, obfuscate(content));
      continue;
    }
    const items: JsonValue[] = [];
    for (const item of content) {
      items.push(obfuscate(item));
      await setImmediate();
    }
    obfuscated.set(path, items);
  }
  return obfuscated;
}

function toFiles(report: Report): readonly ArchivedFile[] {
  return [...report].map(([path, content]) => ({ path, content: `${JSON.stringify(content, null, 2)}\n` }));
}
