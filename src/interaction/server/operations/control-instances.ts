// `control/instances/...`: the instances that operators protect from being stopped, or from being started, for a while.
import { type ControlRecord, renderControlRecords } from '../../contract/control-record.ts';
import { readWireTtl } from '../../contract/durations.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { pythonTimestamp } from '../../contract/timestamps.ts';
import {
  type ControlList,
  type ControlRecords,
  changeControlRecords,
  controlLists,
  readControlState,
  type StoredControlRecord,
} from '../fleet/control-state.ts';
import { type FleetInstance, isVisible, nameOf, subfleetOf } from '../fleet/fleet-instance.ts';
import { selectInstances, TagPatternError } from '../fleet/select-instances.ts';
import type { Call, OperationAnswer } from './call.ts';
import { type ControlQuery, parseControlQuery } from './control-query.ts';
import { readParameter } from './parameters.ts';

const defaultTtlS = 3600;

export async function answerControlInstances(call: Call): Promise<OperationAnswer> {
  const { store, nowMs } = call;
  // The running system takes the word from the path as it came, so a slash at the end or a capital makes another word.
  const word = call.path.slice(call.path.lastIndexOf('/') + 1);
  // Rules are matched with the word that the operation was found by: under one's name the other must not be reached.
  const list = controlLists.find((known) => known === word && word === (call.argument ?? word));
  if (list === undefined) return { status: 404, body: `Unknown control state '${word}'!` };

  const parsed = parseControlQuery(call);
  if (!parsed.ok) return refusal(parsed.problem);
  const mode = readParameter(call, 'controlInstances', 'mode');
  if (mode !== undefined && mode !== 'add' && mode !== 'delete') {
    return { status: 400, body: `Invalid mode '${mode}'! (Must be one of ['add', 'delete'])` };
  }
  const ttl = readParameter(call, 'controlInstances', 'ttl') ?? '';
  const ttlS = readTtl(ttl);
  if (ttlS === null) return { status: 400, body: `Invalid ttl '${ttl}'! (Must be whole seconds)` };

  const fleet = (await call.fleet.instances()).filter((known) => isVisible(known, 'd2'));
  try {
    const records =
      mode === undefined
        ? (await readControlState(store.state, nowMs))[list]
        : await change(call, list, mode, { ...parsed.query, fleet, ttlS });
    return { status: 200, body: pythonJson(renderControlRecords(withNames(records, fleet))) };
  } catch (error) {
    if (error instanceof TagPatternError) return refusal(error.message);
    throw error;
  }
}

function refusal(problem: string): OperationAnswer {
  return { status: 400, body: `Failed to parse JSON body: ${problem}!` };
}

/** Whole seconds; what is negative is over at once. Null for a fraction, which no expiry may have. */
function readTtl(text: string): number | null {
  const ttl = readWireTtl(text);
  if (ttl.kind === 'none') return defaultTtlS;
  return ttl.kind === 'seconds' ? ttl.seconds : null;
}

interface ControlChange extends ControlQuery {
  readonly fleet: readonly FleetInstance[];
  readonly ttlS: number;
}

function change(
  { store, nowMs }: Call,
  list: ControlList,
  mode: 'add' | 'delete',
  { selection, isExcluding, fleet, ttlS }: ControlChange,
): Promise<ControlRecords> {
  const selected = selectInstances(fleet, selection);
  const expiresAtS = Math.floor(nowMs / 1000) + ttlS;
  const record: StoredControlRecord = {
    expiresAtS,
    startDate: pythonTimestamp(nowMs),
    endDate: pythonTimestamp(expiresAtS * 1000),
    excluded: isExcluding,
  };
  return changeControlRecords(store.state, list, nowMs, (records) => {
    const changed = new Map(records);
    if (mode === 'add') for (const id of selected) changed.set(id, record);
    // A record may outlive its instance: it can be taken off by its id, and with `all`, nevertheless.
    else for (const id of [...selected, ...idsNamed(selection.ids, records)]) changed.delete(id);
    return changed;
  });
}

function idsNamed(ids: readonly string[], records: ControlRecords): readonly string[] {
  return ids.includes('all') ? [...records.keys()] : ids;
}

function withNames(records: ControlRecords, fleet: readonly FleetInstance[]): readonly ControlRecord[] {
  const known = new Map(fleet.map((instance) => [instance.id, instance]));
  return [...records].map(([instanceId, record]) => {
    const instance = known.get(instanceId);
    return {
      instanceId,
      ...record,
      instanceName: instance === undefined ? null : nameOf(instance),
      subfleetName: instance === undefined ? null : subfleetOf(instance),
    };
  });
}
