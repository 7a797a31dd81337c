// `backup`: what could be needed to set the deployment up again, and what is known of its fleet, as files of the names and
// forms that CloneSquad gives them in S3.
import { join } from 'node:path';
import { printDocument } from '../../contract/documents.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import { toTableDocument } from '../../contract/table-document.ts';
import { pythonTimestamp } from '../../contract/timestamps.ts';
import { type FleetInstance, isVisible, nameOf, subfleetOf } from '../fleet/fleet-instance.ts';
import type { StoredItem } from '../store/store.ts';
import type { Call, Deployment, OperationAnswer, QueueCall } from './call.ts';
import { tellDiscovery } from './discovery.ts';
import { writeFileAtomically } from '../write-file.ts';

/** A file's path under the backup directory, and what it holds. */
interface ExportedFile {
  readonly path: string;
  readonly content: string;
}

interface Exported {
  readonly deployment: Deployment;
  readonly now: string;
  readonly configuration: readonly StoredItem[];
  readonly scheduler: readonly StoredItem[];
  readonly instances: readonly FleetInstance[];
  readonly discovery: Readonly<Record<string, JsonValue>>;
}

const noPath =
  "Can not back up configuration and metadata! Start the server with --backup-path, which stands for the 'MetadataAndBackupS3Path' CloudFormation parameter.";

export function answerBackup(call: Call): Promise<OperationAnswer> {
  return backUp(call);
}

export function performBackup(call: QueueCall): Promise<OperationAnswer> {
  return backUp(call);
}

/** A file that cannot be written makes it a failure, which the running system only logs. Files before it stay. */
async function backUp(
  call: Pick<Call, 'deployment' | 'store' | 'fleet' | 'nowMs'>,
): Promise<OperationAnswer> {
  const { deployment, store, fleet, nowMs } = call;
  if (deployment.backupPath === null) return { status: 500, body: noPath };
  const unsafe = [deployment.accountId, deployment.region, deployment.group].find((part) =>
    /[/\0]/.test(part),
  );
  if (unsafe !== undefined)
    return { status: 500, body: `Can not back up: '${unsafe}' can not be in a file's name.` };
  const [configuration, scheduler, instances, discovery] = await Promise.all([
    store.configuration.items(),
    store.scheduler.items(),
    fleet.instances(),
    tellDiscovery(call),
  ]);
  const now = pythonTimestamp(nowMs);
  try {
    for (const { path, content } of toFiles({
      deployment,
      now,
      configuration,
      scheduler,
      instances,
      discovery,
    })) {
      await writeFileAtomically(join(deployment.backupPath, path), content);
    }
  } catch (error) {
    return { status: 500, body: `Can not back up to ${deployment.backupPath}: ${(error as Error).message}` };
  }
  return {
    status: 200,
    body: `Exported Configuration/Scheduler backups and metadata to ${deployment.backupPath}.`,
  };
}

function toFiles(exported: Exported): readonly ExportedFile[] {
  const { deployment, now, configuration, scheduler, instances } = exported;
  const { accountId, region, group } = deployment;
  const place = `accountid=${accountId}/region=${region}/groupname=${group}`;
  const table = (name: string, items: readonly StoredItem[]): ExportedFile[] => {
    const content = printDocument(toTableDocument(items), 'yaml');
    const file = `${accountId}-${region}-${name}-cs-${group}.yaml`;
    return [
      { path: `backups/${place}/archive/${now}-${file}`, content },
      { path: `backups/${place}/latest-${file}`, content },
      {
        // The doubled name is CloneSquad's.
        path: `metadata/${name}/${place}/${name}${accountId}-${region}-${group}-cs-${group}.json`,
        content: toJsonLines(toMetadataRecords(items, now)),
      },
    ];
  };
  const metadata = (directory: string, name: string, lines: readonly JsonValue[]): ExportedFile => ({
    path: `metadata/${directory}/${place}/${accountId}-${region}-${name}-cs-${group}.json`,
    content: toJsonLines(lines),
  });
  const told = instances.filter((instance) => isVisible(instance, deployment.dialect));
  return [
    ...table('configuration', configuration),
    ...table('scheduler', scheduler),
    metadata('instances', 'managed-instances', told.map(toInstanceRecord)),
    metadata('discovery', 'discovery', [toDiscoveryRecord(exported, told)]),
  ];
}

/** Parameter sets are not in it, as they have no value of their own. */
function toMetadataRecords(items: readonly StoredItem[], now: string): readonly JsonValue[] {
  return Object.entries(toTableDocument(items))
    .filter(([, value]) => typeof value === 'string')
    .map(([Key, Value]) => ({ Key, Value, MetadataRecordLastUpdatedAt: now }));
}

/** As EC2 describes an instance, with CloneSquad's two additions; of what EC2 tells, what is known here. */
function toInstanceRecord(instance: FleetInstance): JsonValue {
  const subfleet = subfleetOf(instance);
  return {
    InstanceId: instance.id,
    InstanceType: instance.type,
    Placement: { AvailabilityZone: instance.az },
    State: { Name: instance.ec2State },
    ...(instance.spot ? { InstanceLifecycle: 'spot' } : {}),
    Tags: Object.entries(instance.tags).map(([Key, Value]) => ({ Key, Value })),
    _Hostname: nameOf(instance),
    ...(subfleet === null ? {} : { _SubfleetName: subfleet }),
  };
}

function toDiscoveryRecord({ discovery, now }: Exported, instances: readonly FleetInstance[]): JsonValue {
  const subfleets = instances.map(subfleetOf).filter((name) => name !== null);
  return {
    ...discovery,
    // Without its offset: Athena reads it so.
    MetadataRecordLastUpdatedAt: now.replace(/\+.*$/, ''),
    Subfleets: [...new Set(subfleets)].sort(),
  };
}

function toJsonLines(records: readonly JsonValue[]): string {
  return records.map((record) => JSON.stringify(record)).join('\n');
}
