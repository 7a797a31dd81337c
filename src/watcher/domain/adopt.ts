// Where a starting agent begins: from the record of this boot and the table found, before any network.
import type { AgentState, RecordedState } from './agent-state.ts';
import type { TableObservation } from './desired-firewall.ts';

const NOTHING_KNOWN: AgentState = {
  instanceId: null,
  desired: 'undetermined',
  reasons: [],
  openBecause: null,
  instanceState: null,
  stateSinceWallMs: null,
  hold: null,
  heard: false,
  adopted: false,
};

/**
 * The state to start from. `record` is null when there is none of this boot: then a table of ours came from a saved
 * ruleset, and it stays only until the first answer. With a record of this boot a drain goes on: the table is held if it is
 * there and restored if it is gone. A table that the record does not account for (the agent died between the two writes) is held.
 */
export function adopt(record: RecordedState | null, table: TableObservation): AgentState {
  if (record === null) return NOTHING_KNOWN;
  const drainGoesOn = record.desired === 'refuse' || (table.table === 'ours' && table.ruleset !== null);
  return {
    ...NOTHING_KNOWN,
    instanceId: record.instanceId,
    instanceState: record.instanceState,
    stateSinceWallMs: record.stateSinceWallMs,
    reasons: record.reasons,
    desired: drainGoesOn ? 'refuse' : record.desired,
  };
}
