// Checks an instance that comes from outside: the admin socket or the data file.
import type { FleetInstance } from './fleet-store.ts';

export class FleetInstanceError extends Error {
  override readonly name = 'FleetInstanceError';
}

/** EC2 ids are `i-` and hex digits; other fleets may use any name that needs no quoting in a path or a log line. */
export function isInstanceId(text: string): boolean {
  return /^i-[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(text);
}

/** Only the id is required; what is absent takes the value that claims least. Throws FleetInstanceError. */
export function parseFleetInstance(value: unknown): FleetInstance {
  if (!isRecord(value)) throw new FleetInstanceError('expected an object');
  const { id, name, type, az, state, status, subfleet, spot, tags, targetGroups, ...unknown } = value;
  const [unknownField] = Object.keys(unknown);
  if (unknownField !== undefined) throw new FleetInstanceError(`${unknownField}: no such field`);
  if (typeof id !== 'string' || !isInstanceId(id))
    throw new FleetInstanceError('id: expected an id such as i-0ab12');
  return {
    id,
    name: toTextOrNull('name', name),
    type: toText('type', type ?? 'unknown'),
    az: toText('az', az ?? 'unknown'),
    state: toText('state', state ?? 'running'),
    status: toText('status', status ?? 'unknown'),
    subfleet: toTextOrNull('subfleet', subfleet),
    spot: toBoolean('spot', spot ?? false),
    tags: toTags(tags ?? {}),
    targetGroups: toCount('targetGroups', targetGroups ?? 0),
  };
}

function toText(field: string, value: unknown): string {
  if (typeof value !== 'string') throw new FleetInstanceError(`${field}: expected a string`);
  return value;
}

function toTextOrNull(field: string, value: unknown): string | null {
  return value === undefined || value === null ? null : toText(field, value);
}

function toBoolean(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new FleetInstanceError(`${field}: expected true or false`);
  return value;
}

function toCount(field: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new FleetInstanceError(`${field}: expected a count`);
  }
  return value as number;
}

function toTags(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new FleetInstanceError('tags: expected an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new FleetInstanceError(`tags.${key}: expected a string`);
  }
  return value as Record<string, string>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
