// What became of a change to the list of instances that are not to be stopped or started: the API drops what it does not
// know without a word, and answers with the whole list.
import type { ControlRecord } from '../../interaction/contract/control-record.ts';
import type { SelectionOptions } from './selection.ts';

/** Null where the list could not be read. */
export type ListBefore = readonly ControlRecord[] | null;

/**
 * The part of a selection that matched no instance, as it was typed, or null: by its members where the answer shows them,
 * else by whether anything in the list changed.
 */
export function unmatched(
  selection: SelectionOptions,
  before: ListBefore,
  after: readonly ControlRecord[],
): string | null {
  const { instanceId = [], name = [], subfleet = [] } = selection;
  const missing = [
    ...members('--instance-id', instanceId, (id) => id === 'all' || isListed(after, id)),
    ...members('--name', name, (one) => after.some(({ instanceName }) => instanceName === one)),
    ...members('--subfleet', subfleet, (one) => after.some(({ subfleetName }) => subfleetName === one)),
  ];
  if (missing.length > 0) return missing.join(' ');
  const isChanged =
    before === null ? after.length > 0 : after.some((record) => !before.some((old) => isSame(old, record)));
  return isChanged ? null : typed(selection);
}

/** Whether an instance is in a list. */
export function isListed(records: readonly ControlRecord[], id: string): boolean {
  return records.some(({ instanceId }) => instanceId === id);
}

function members(option: string, asked: readonly string[], isThere: (one: string) => boolean): string[] {
  const missing = asked.filter((one) => !isThere(one));
  return missing.length === 0 ? [] : [`${option} ${missing.join(' ')}`];
}

/** A record that was written again began anew. */
function isSame(old: ControlRecord, record: ControlRecord): boolean {
  const { instanceId, startDate, endDate } = record;
  return old.instanceId === instanceId && old.startDate === startDate && old.endDate === endDate;
}

/** A selection as it is typed. */
export function typed(selection: SelectionOptions): string {
  const { instanceId, name, subfleet, mainFleet, tag, all } = selection;
  const listed = (option: string, given: readonly string[] | undefined) =>
    given === undefined ? [] : [`${option} ${given.join(' ')}`];
  return [
    ...listed('--instance-id', instanceId),
    ...listed('--name', name),
    ...listed('--subfleet', subfleet),
    ...(mainFleet === true ? ['--main-fleet'] : []),
    ...Object.entries(tag ?? {}).map(([key, value]) => `--tag ${key}=${value ?? ''}`),
    ...(all === true ? ['--all'] : []),
  ].join(' ');
}

/** The records that end earlier than they did before. */
export function shortened(
  before: ListBefore,
  after: readonly ControlRecord[],
): readonly { readonly old: ControlRecord; readonly record: ControlRecord }[] {
  return after.flatMap((record) => {
    const old = before?.find(({ instanceId }) => instanceId === record.instanceId);
    return old !== undefined && record.expiresAtS < old.expiresAtS ? [{ old, record }] : [];
  });
}
