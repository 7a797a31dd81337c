// The figures of `fleet/status`, by the running system's rules: which instances count as managed, startable and serving.
import type { AutoscaledFleet, FleetStatus, SubfleetStatus } from '../../contract/fleet-status.ts';
import type { Dialect } from '../../contract/instance-metadata.ts';
import { type FleetInstance, isExcludedByTag, isUp, isVisible, subfleetOf } from './fleet-instance.ts';
import { currentSpotEvents } from './spot-events.ts';

export interface FleetCountOptions {
  readonly dialect: Dialect;
  /** Instances that operators took out of scaling through `control/instances`. */
  readonly excludedIds: ReadonlySet<string>;
  readonly nowMs: number;
}

/** The figures of a whole fleet. */
export function countFleet(fleet: readonly FleetInstance[], options: FleetCountOptions): FleetStatus {
  const { dialect, excludedIds } = options;
  // The figures are of all dialects alike: D0 shows stopped instances nowhere, yet counts them.
  const present = fleet.filter((instance) => isVisible(instance, 'd2'));
  const isExcluded = (instance: FleetInstance) =>
    isExcludedByTag(instance) || excludedIds.has(instance.id) || instance.scalingState === 'excluded';
  return {
    autoscaled: countAutoscaled(present, isExcluded, options.nowMs),
    subfleets: dialect === 'd0' ? null : countSubfleets(present, isExcluded, dialect),
  };
}

function countAutoscaled(
  present: readonly FleetInstance[],
  isExcluded: (instance: FleetInstance) => boolean,
  nowMs: number,
): AutoscaledFleet {
  const managed = present.filter((instance) => subfleetOf(instance) === null && !isExcluded(instance));
  const withoutCapacity = interruptedSpotPools(present, nowMs);
  const startable = managed.filter(
    (instance) =>
      instance.scalingState !== 'error' && !(instance.spot && withoutCapacity.has(spotPool(instance))),
  );
  const serving = managed.filter((instance) => isServing(instance, nowMs));
  return {
    managed: managed.length,
    maximum: startable.length,
    unhealthy: managed.length - startable.length,
    running: managed.filter(({ ec2State }) => ec2State === 'running').length,
    serving: serving.length,
    servingOfMaximumPercent: percentage(serving.length, startable.length),
    servingOfManagedPercent: percentage(serving.length, managed.length),
  };
}

function isServing(instance: FleetInstance, nowMs: number): boolean {
  if (!isUp(instance) || ['draining', 'error', 'bounced'].includes(instance.scalingState ?? '')) return false;
  const spot = currentSpotEvents(instance, nowMs);
  const hasSpotIssue = spot !== null && (spot.interruptedAt !== null || spot.rebalanceRecommendedAt !== null);
  const hasIssue = instance.azIssues || ['impaired', 'unhealthy', 'az_evicted'].includes(instance.status);
  return !hasSpotIssue && !hasIssue;
}

/** An interruption says that EC2 has no more Spot capacity of that type in that zone. */
function interruptedSpotPools(present: readonly FleetInstance[], nowMs: number): ReadonlySet<string> {
  return new Set(
    present
      .filter((instance) => (currentSpotEvents(instance, nowMs)?.interruptedAt ?? null) !== null)
      .map(spotPool),
  );
}

function spotPool({ type, az }: FleetInstance): string {
  return `${type} ${az}`;
}

function percentage(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.trunc(Math.min(100, (100 * part) / whole));
}

/** In the order in which their first members come. D2 also has those all of whose members are excluded. */
function countSubfleets(
  present: readonly FleetInstance[],
  isExcluded: (instance: FleetInstance) => boolean,
  dialect: 'd1' | 'd2',
): readonly SubfleetStatus[] {
  const members = Map.groupBy(present, subfleetOf);
  return [...members]
    .filter((entry): entry is [string, FleetInstance[]] => entry[0] !== null)
    .map(([name, all]) => ({ name, counted: all.filter((instance) => !isExcluded(instance)) }))
    .filter(({ counted }) => dialect === 'd2' || counted.length > 0)
    .map(({ name, counted }) => {
      const running = counted.filter(isUp).map(({ id }) => id);
      const stopped = counted.filter(({ ec2State }) => ec2State === 'stopped').map(({ id }) => id);
      return {
        name,
        running,
        runningCount: running.length,
        stopped,
        stoppedCount: stopped.length,
        size: counted.length,
      };
    });
}
