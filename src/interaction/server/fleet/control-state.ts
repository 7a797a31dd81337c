// Which instances operators protect from being stopped or started, as CloneSquad keeps it: one State item for both lists.
import { isAbsent, readBoolean, readString, toObject, WireFieldError } from '../../contract/wire-fields.ts';
import { type KeyValueTable, StoreError, type StoredItem } from '../store/store.ts';
import { changeItem } from './change-item.ts';
import { unpackJson } from './packed-json.ts';

export const controlLists = ['unstoppable', 'unstartable'] as const;

export type ControlList = (typeof controlLists)[number];

export interface StoredControlRecord {
  /** Epoch seconds, whole; from then on the record is not there. */
  readonly expiresAtS: number;
  /** As the API prints times. */
  readonly startDate: string;
  readonly endDate: string;
  /** Whether scaling leaves the instance alone altogether. */
  readonly excluded: boolean;
}

/** By instance id. */
export type ControlRecords = ReadonlyMap<string, StoredControlRecord>;

type ControlState = Readonly<Record<ControlList, ControlRecords>>;

/** The State item of both lists. */
export const controlKey = 'ec2.control.state';

/** The records that have not expired. Throws StoreError. */
export async function readControlState(state: KeyValueTable, nowMs: number): Promise<ControlState> {
  return parseControlState(await state.get(controlKey), nowMs);
}

/** The ids of the instances that a record of either list excludes. */
export async function readExcludedIds(state: KeyValueTable, nowMs: number): Promise<ReadonlySet<string>> {
  const lists = await readControlState(state, nowMs);
  const records = controlLists.flatMap((list) => [...lists[list]]);
  return new Set(records.filter(([, { excluded }]) => excluded).map(([id]) => id));
}

/** Replaces the records of one list by what `edit` makes of them, and gives them back without any that is over. Throws StoreError. */
export function changeControlRecords(
  state: KeyValueTable,
  list: ControlList,
  nowMs: number,
  edit: (records: ControlRecords) => ControlRecords,
): Promise<ControlRecords> {
  return changeItem(state, controlKey, (item) => {
    const known = parseControlState(item, nowMs);
    const records = withoutExpired(edit(known[list]), nowMs);
    return { change: toChange({ ...known, [list]: records }), result: records };
  });
}

/** The records of the item that have not expired. Throws StoreError. */
export function parseControlState(item: StoredItem | null, nowMs: number): ControlState {
  const document = unpackJson(item);
  if (document === null) return { unstoppable: new Map(), unstartable: new Map() };
  try {
    const lists = toObject(document, 'control state');
    return {
      unstoppable: withoutExpired(parseRecords(lists.unstoppable, 'unstoppable'), nowMs),
      unstartable: withoutExpired(parseRecords(lists.unstartable, 'unstartable'), nowMs),
    };
  } catch (error) {
    if (!(error instanceof WireFieldError)) throw error;
    throw new StoreError(`item ${controlKey}: ${error.message}`, { cause: error });
  }
}

function parseRecords(value: unknown, list: ControlList): ControlRecords {
  if (isAbsent(value)) return new Map();
  return new Map(
    Object.entries(toObject(value, list)).map(([id, member]) => {
      const path = `${list}.${id}`;
      const record = toObject(member, path);
      if (typeof record.TTL !== 'number') throw new WireFieldError(`${path}.TTL: expected a number`);
      return [
        id,
        {
          expiresAtS: record.TTL,
          startDate: readString(record, 'StartDate', `${path}.StartDate`),
          endDate: readString(record, 'EndDate', `${path}.EndDate`),
          excluded: readBoolean(record, 'Excluded', `${path}.Excluded`),
        },
      ];
    }),
  );
}

function withoutExpired(records: ControlRecords, nowMs: number): ControlRecords {
  return new Map([...records].filter(([, { expiresAtS }]) => expiresAtS * 1000 > nowMs));
}

/** Plain JSON, which CloneSquad reads as well as its compressed form. */
function toChange(state: ControlState): { value: string | null; expiresAtS?: number } {
  const records = controlLists.flatMap((list) => [...state[list].values()]);
  if (records.length === 0) return { value: null };
  const toObjects = (list: ControlList) =>
    Object.fromEntries(
      [...state[list]].map(([id, { expiresAtS, startDate, endDate, excluded }]) => [
        id,
        { TTL: expiresAtS, StartDate: startDate, EndDate: endDate, Excluded: excluded },
      ]),
    );
  return {
    value: JSON.stringify({ unstoppable: toObjects('unstoppable'), unstartable: toObjects('unstartable') }),
    expiresAtS: Math.ceil(Math.max(...records.map(({ expiresAtS }) => expiresAtS))),
  };
}
