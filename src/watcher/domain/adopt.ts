// Where a starting agent begins: from the record of this boot and the table found, before any network.
import type { AgentState, RecordedState } from './agent-state.ts';
import type { Reason } from './decision.ts';
import type { TableObservation } from './desired-firewall.ts';
import { prevailing } from './prevailing.ts';
import { SIGNAL_SOURCES, type Signals, type SignalSource } from './signals.ts';

const NOTHING_KNOWN: AgentState = {
  instanceId: null,
  desired: 'undetermined',
  reasons: [],
  open: null,
  instanceState: null,
  hold: null,
  heard: false,
  signals: {},
  lease: null,
  shownState: null,
  stateSinceWallMs: null,
  drain: null,
  adopted: false,
};

/**
 * The state to start from. `record` is null when there is none of this boot: then a table of ours came from a saved
 * ruleset, and it stays only until the first answer. With a record of this boot a drain goes on: the table is held if it is
 * there and restored if it is gone. A table that the record does not account for (the agent died between the two writes) is
 * held; one that was there for a lease goes, as the lease ended with the agent.
 */
export function adopt(record: RecordedState | null, table: TableObservation): AgentState {
  if (record === null) return NOTHING_KNOWN;
  const recorded: AgentState = {
    ...NOTHING_KNOWN,
    instanceId: record.instanceId,
    desired: record.isTableLeased && record.desired === 'undetermined' ? 'open' : record.desired,
    reasons: record.reasons.filter(({ source }) => signalOf(source) === null),
    // Before the API is heard again, other sources must not drain what is left to AWS; any other cause is told anew.
    open: record.open?.because === 'target-groups' ? record.open : null,
    instanceState: record.instanceState,
    signals: signalsOf(record.reasons),
    shownState: record.instanceState,
    stateSinceWallMs: record.stateSinceWallMs,
    drain: record.drain,
  };
  const isUnaccounted =
    table.table === 'ours' &&
    table.ruleset !== null &&
    !record.isTableLeased &&
    prevailing(recorded).desired !== 'refuse';
  return isUnaccounted ? { ...recorded, desired: 'refuse', open: null } : recorded;
}

function signalsOf(reasons: readonly Reason[]): Signals {
  const signals = reasons.flatMap(({ source, detail, sinceWallMs }) => {
    const signal = signalOf(source);
    return signal === null
      ? []
      : [[signal, { kind: 'drains', detail, sinceWallMs, sawBegin: false }] as const];
  });
  return Object.fromEntries(signals);
}

function signalOf(source: Reason['source']): SignalSource | null {
  return SIGNAL_SOURCES.find((one) => one === source) ?? null;
}
