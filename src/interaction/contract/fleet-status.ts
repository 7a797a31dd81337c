// How much of the fleet runs and serves: what `fleet/status` of each dialect says, in one model.
import type { Dialect } from './instance-metadata.ts';
import type { JsonValue } from './python-json.ts';
import { readArray, readCount, readName, readStrings, toObject, type WireObject } from './wire-fields.ts';

/** The main fleet in numbers of instances. */
export interface AutoscaledFleet {
  readonly managed: number;
  readonly maximum: number;
  readonly unhealthy: number;
  readonly running: number;
  readonly serving: number;
  /** Whole percents, 0 when there is nothing to be a part of. */
  readonly servingOfMaximumPercent: number;
  readonly servingOfManagedPercent: number;
}

export interface SubfleetStatus {
  readonly name: string;
  /** Instance ids. */
  readonly running: readonly string[];
  readonly runningCount: number;
  readonly stopped: readonly string[];
  readonly stoppedCount: number;
  readonly size: number;
}

export interface FleetStatus {
  readonly autoscaled: AutoscaledFleet;
  /** Null where the dialect does not tell of subfleets. */
  readonly subfleets: readonly SubfleetStatus[] | null;
}

/** Reads the JSON body of a `fleet/status` answer of any revision. Throws WireFieldError. */
export function parseFleetStatus(body: unknown): FleetStatus {
  const answer = toObject(body, 'answer');
  if (answer.AutoscaledFleet !== undefined)
    return { autoscaled: parseAutoscaled(answer, 'AutoscaledFleet'), subfleets: null };
  // v0.1.0 to v0.5.0 only: `EC2` held the instances then.
  if (answer['EC2.Scheduler'] !== undefined) {
    const scheduler = toObject(answer['EC2.Scheduler'], 'EC2.Scheduler');
    return { autoscaled: parseAutoscaled(scheduler, 'EC2.Scheduler.AutoscaledFleet'), subfleets: null };
  }
  const ec2 = toObject(answer.EC2, 'EC2');
  return {
    autoscaled: parseAutoscaled(ec2, 'EC2.AutoscaledFleet'),
    subfleets: readArray(ec2, 'Subfleets', 'EC2.Subfleets').map((item, index) =>
      parseSubfleet(item, `EC2.Subfleets[${index}]`),
    ),
  };
}

function parseAutoscaled(parent: WireObject, path: string): AutoscaledFleet {
  const fleet = toObject(parent.AutoscaledFleet, path);
  const count = (field: string) => readCount(fleet, field, `${path}.${field}`);
  return {
    managed: count('ManagedFleetSize'),
    maximum: count('MaximumFleetSize'),
    unhealthy: count(fleet.FaultyFleetSize === undefined ? 'UnhealthyFleetSize' : 'FaultyFleetSize'),
    running: count('RunningFleetSize'),
    serving: count('ServingFleetSize'),
    servingOfMaximumPercent: count('ServingFleet_vs_MaximumFleetSizePourcentage'),
    servingOfManagedPercent: count('ServingFleet_vs_ManagedFleetSizePourcentage'),
  };
}

function parseSubfleet(value: unknown, path: string): SubfleetStatus {
  const subfleet = toObject(value, path);
  return {
    name: readName(subfleet, 'Name', `${path}.Name`),
    running: readStrings(subfleet, 'RunningInstances', `${path}.RunningInstances`),
    runningCount: readCount(subfleet, 'RunningInstanceCount', `${path}.RunningInstanceCount`),
    stopped: readStrings(subfleet, 'StoppedInstances', `${path}.StoppedInstances`),
    stoppedCount: readCount(subfleet, 'StoppedInstanceCount', `${path}.StoppedInstanceCount`),
    size: readCount(subfleet, 'SubfleetSize', `${path}.SubfleetSize`),
  };
}

/** The answer that a server of `dialect` gives; D0 does not tell of subfleets. */
export function renderFleetStatus({ autoscaled, subfleets }: FleetStatus, dialect: Dialect): JsonValue {
  const AutoscaledFleet = {
    ManagedFleetSize: autoscaled.managed,
    MaximumFleetSize: autoscaled.maximum,
    [dialect === 'd0' ? 'FaultyFleetSize' : 'UnhealthyFleetSize']: autoscaled.unhealthy,
    RunningFleetSize: autoscaled.running,
    ServingFleetSize: autoscaled.serving,
    ServingFleet_vs_MaximumFleetSizePourcentage: autoscaled.servingOfMaximumPercent,
    ServingFleet_vs_ManagedFleetSizePourcentage: autoscaled.servingOfManagedPercent,
  };
  if (dialect === 'd0') return { AutoscaledFleet };
  return { EC2: { AutoscaledFleet, Subfleets: (subfleets ?? []).map(renderSubfleet) } };
}

function renderSubfleet(subfleet: SubfleetStatus): JsonValue {
  return {
    Name: subfleet.name,
    RunningInstances: subfleet.running,
    RunningInstanceCount: subfleet.runningCount,
    StoppedInstances: subfleet.stopped,
    StoppedInstanceCount: subfleet.stoppedCount,
    SubfleetSize: subfleet.size,
  };
}
