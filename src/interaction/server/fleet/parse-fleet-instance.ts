// Checks an instance that comes from outside: the admin socket, an import, or the stored item.
import { parseTimestamp } from '../../contract/timestamps.ts';
import {
  type Ec2State,
  ec2States,
  type FleetInstance,
  isEc2State,
  isInstanceId,
  subfleetTag,
} from './fleet-instance.ts';

/** Something about an instance that is not accepted. One line, fit for the person who gave it. */
export class FleetInstanceError extends Error {
  override readonly name = 'FleetInstanceError';
}

/** No client takes a longer name or state for an answer. */
const maxTextBytes = 1024;

/**
 * Only the id is required; what is absent takes the value that claims least. `state` may stand for `ec2State` and
 * `scalingState`: an EC2 state means that no scaling state is set, any other state that the instance runs. `subfleet`
 * stands for its tag, and wins over it. Throws FleetInstanceError.
 */
export function parseFleetInstance(value: unknown): FleetInstance {
  if (!isRecord(value)) throw new FleetInstanceError('expected an object');
  const { id, name, type, az, azIssues, state, ec2State, scalingState, status, subfleet, ...others } = value;
  const { spot, spotInterruptedAt, spotRebalanceRecommendedAt, ...rest } = others;
  const { tags, targetGroups, targetGroupArns, ...unknown } = rest;
  const [unknownField] = Object.keys(unknown);
  if (unknownField !== undefined) throw new FleetInstanceError(`${unknownField}: no such field`);
  if (typeof id !== 'string' || !isInstanceId(id))
    throw new FleetInstanceError('id: expected an id such as i-0ab12');
  const isSpot = toBoolean('spot', spot ?? false);
  const arns = toTexts('targetGroupArns', targetGroupArns ?? []);
  return {
    id,
    name: toTextOrNull('name', name),
    type: toText('type', type ?? 'unknown'),
    az: toText('az', az ?? 'unknown'),
    azIssues: toBoolean('azIssues', azIssues ?? false),
    ...toStates(state, ec2State, scalingState),
    status: toText('status', status ?? 'unknown'),
    spot: isSpot,
    spotInterruptedAt: toSpotTime('spotInterruptedAt', spotInterruptedAt, isSpot),
    spotRebalanceRecommendedAt: toSpotTime('spotRebalanceRecommendedAt', spotRebalanceRecommendedAt, isSpot),
    tags: withSubfleet(toTags(tags ?? {}), toTextOrNull('subfleet', subfleet)),
    targetGroups: toCountOf(targetGroups ?? arns.length, arns),
    targetGroupArns: arns,
  };
}

/** The two states that one name stands for. Throws FleetInstanceError when no instance can have a state of that name. */
export function statesOf(state: unknown): Pick<FleetInstance, 'ec2State' | 'scalingState'> {
  const text = toText('state', state);
  if (text === '') throw new FleetInstanceError('state: expected a string that is not empty');
  return isEc2State(text)
    ? { ec2State: text, scalingState: null }
    : { ec2State: 'running', scalingState: text };
}

function toStates(
  state: unknown,
  ec2State: unknown,
  scalingState: unknown,
): Pick<FleetInstance, 'ec2State' | 'scalingState'> {
  if (state === undefined) {
    return {
      ec2State: toEc2State(ec2State ?? 'running'),
      scalingState: toTextOrNull('scalingState', scalingState) || null,
    };
  }
  if (ec2State !== undefined || scalingState !== undefined) {
    throw new FleetInstanceError('state: stands for ec2State and scalingState, so give it or them');
  }
  return statesOf(state);
}

function toEc2State(value: unknown): Ec2State {
  if (typeof value === 'string' && isEc2State(value)) return value;
  throw new FleetInstanceError(`ec2State: expected one of ${ec2States.join(', ')}`);
}

function toSpotTime(field: string, value: unknown, isSpot: boolean): string | null {
  const text = toTextOrNull(field, value);
  if (text === null) return null;
  if (!isSpot) throw new FleetInstanceError(`${field}: only an instance with "spot": true has one`);
  if (parseTimestamp(text) !== null) return text;
  throw new FleetInstanceError(`${field}: expected a time such as 2030-01-31T12:00:00Z`);
}

function toCountOf(value: unknown, arns: readonly string[]): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new FleetInstanceError('targetGroups: expected a count');
  }
  if (arns.length > 0 && value !== arns.length) {
    throw new FleetInstanceError(`targetGroups: ${value}, but targetGroupArns has ${arns.length}`);
  }
  return value as number;
}

function toText(field: string, value: unknown): string {
  if (typeof value !== 'string') throw new FleetInstanceError(`${field}: expected a string`);
  if (!value.isWellFormed()) throw new FleetInstanceError(`${field}: not Unicode text`);
  if (Buffer.byteLength(value) <= maxTextBytes) return value;
  throw new FleetInstanceError(`${field}: longer than ${maxTextBytes} bytes`);
}

function toTextOrNull(field: string, value: unknown): string | null {
  return value === undefined || value === null ? null : toText(field, value);
}

function toTexts(field: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new FleetInstanceError(`${field}: expected an array of strings`);
  return value.map((text, index) => toText(`${field}[${index}]`, text));
}

function toBoolean(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new FleetInstanceError(`${field}: expected true or false`);
  return value;
}

function toTags(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new FleetInstanceError('tags: expected an object');
  for (const [key, text] of Object.entries(value)) toText(`tags.${key}`, text);
  return value as Record<string, string>;
}

/** Null says nothing: the tag alone does. */
export function withSubfleet(
  tags: Readonly<Record<string, string>>,
  subfleet: string | null,
): Readonly<Record<string, string>> {
  return subfleet === null ? tags : { ...tags, [subfleetTag]: subfleet };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
