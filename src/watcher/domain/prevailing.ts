// What holds in the end: the API's verdict, the other sources and a lease, laid over one another.
import type { AgentState, Desired } from './agent-state.ts';
import type { Reason } from './decision.ts';
import { verdictOfState } from './instance-state.ts';
import { SIGNAL_SOURCES } from './signals.ts';

export interface Prevailing {
  readonly desired: Desired;
  /** Every reason to drain, the first to begin first; listed even while a lease decides otherwise. */
  readonly reasons: readonly Reason[];
  /** The state that scripts and people are told; null before anything is known. */
  readonly instanceState: string | null;
}

/** The state that scripts are told when another source than CloneSquad drains the instance. */
const SIGNALLED_STATE = 'draining';

/** What the agent stands for now. */
export function prevailing(state: AgentState): Prevailing {
  const { lease } = state;
  const signalled = signalReasons(state);
  const reasons = [...state.reasons, ...signalled].sort((a, b) => a.sinceWallMs - b.sinceWallMs);
  // An instance that is left to AWS is left to it by every source.
  const isSignalled = signalled.length > 0 && state.open?.because !== 'target-groups';
  const unleased: Prevailing = {
    desired: isSignalled ? 'refuse' : state.desired,
    reasons,
    instanceState: isSignalled ? signalledState(state.instanceState) : state.instanceState,
  };
  if (lease === null) return unleased;
  if (lease.kind === 'override')
    return { ...unleased, desired: lease.verdict === 'closed' ? 'refuse' : 'open' };
  return simulated(unleased, lease.state, lease.sinceWallMs, state.open?.because === 'target-groups');
}

/** CloneSquad's own drain goes on under its own name. */
function signalledState(instanceState: string | null): string {
  const isDraining = instanceState !== null && verdictOfState(instanceState) === 'refuse';
  return isDraining ? instanceState : SIGNALLED_STATE;
}

function simulated(real: Prevailing, state: string, sinceWallMs: number, isLeft: boolean): Prevailing {
  const verdict = isLeft ? 'none' : verdictOfState(state);
  const reason: Reason = { source: 'simulation', detail: state, sinceWallMs };
  return {
    desired: verdict === 'none' ? real.desired : verdict,
    reasons: verdict === 'refuse' ? [reason, ...real.reasons] : real.reasons,
    instanceState: state,
  };
}

function signalReasons({ signals }: AgentState): Reason[] {
  return SIGNAL_SOURCES.flatMap((source) => {
    const signal = signals[source];
    return signal?.kind === 'drains'
      ? [{ source, detail: signal.detail, sinceWallMs: signal.sinceWallMs }]
      : [];
  });
}
