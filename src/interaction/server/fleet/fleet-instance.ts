// What the server knows of one instance, and the questions that every operation asks of it.
import type { Dialect } from '../../contract/instance-metadata.ts';

/** The states that EC2 itself gives an instance; the last two are those of instances that are no more. */
export const ec2States = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
] as const;

export type Ec2State = (typeof ec2States)[number];

export interface FleetInstance {
  readonly id: string;
  /** Null: what the tag `Name` says. */
  readonly name: string | null;
  readonly type: string;
  readonly az: string;
  /** Whether its availability zone has issues. */
  readonly azIssues: boolean;
  readonly ec2State: Ec2State;
  /** What CloneSquad, or an operator in its place, has decided: `draining`, `bounced`, `error` or any other name. */
  readonly scalingState: string | null;
  readonly status: string;
  readonly spot: boolean;
  /** Times of EC2's Spot events, as they were given. */
  readonly spotInterruptedAt: string | null;
  readonly spotRebalanceRecommendedAt: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** How many target groups the whole deployment has, which is what CloneSquad reports for each instance. */
  readonly targetGroups: number;
  /** Which they are; empty when only their number is known. */
  readonly targetGroupArns: readonly string[];
}

export function isEc2State(state: string): state is Ec2State {
  return (ec2States as readonly string[]).includes(state);
}

/** EC2 ids are `i-` and hex digits; other fleets may use any name that needs no quoting in a path or a log line. */
export function isInstanceId(text: string): boolean {
  return /^i-[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(text);
}

/** The name entered for it, else its `Name` tag. */
export function nameOf(instance: FleetInstance): string | null {
  return instance.name ?? instance.tags.Name ?? null;
}

/** The tag that puts an instance into a subfleet: nothing else does, as in AWS. */
export const subfleetTag = 'clonesquad:subfleet-name';

/** Null in the main fleet. */
export function subfleetOf(instance: FleetInstance): string | null {
  return instance.tags[subfleetTag] ?? null;
}

export function isExcludedByTag(instance: FleetInstance): boolean {
  return ['1', 'True', 'true'].includes(instance.tags['clonesquad:excluded'] ?? '');
}

/** Pending or running in EC2. */
export function isUp(instance: FleetInstance): boolean {
  return instance.ec2State === 'pending' || instance.ec2State === 'running';
}

/** Instances that are no more are not told of; D0 tells only of those that are pending or running in EC2. */
export function isVisible(instance: FleetInstance, dialect: Dialect): boolean {
  if (dialect === 'd0') return isUp(instance);
  return instance.ec2State !== 'shutting-down' && instance.ec2State !== 'terminated';
}

/**
 * The state that a server of the dialect tells. D0 has a state `excluded`; in the running system it hides even `draining`
 * of such instances. Here a scaling state is never hidden: an operator's command must reach the agent.
 */
export function effectiveState(instance: FleetInstance, dialect: Dialect): string {
  if (instance.scalingState !== null) return instance.scalingState;
  const isExcluded = isExcludedByTag(instance) || subfleetOf(instance) !== null;
  return dialect === 'd0' && isExcluded ? 'excluded' : instance.ec2State;
}
