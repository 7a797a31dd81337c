// The decision of one cycle: from what was, what is seen and what is configured to what is done. Pure and total.
import { type AgentState, isSameReasons, isSameRecord, type RecordedState } from './agent-state.ts';
import type { Answer } from './answer.ts';
import { leaseChange, standingAs, told, verdictChange } from './changes-told.ts';
import type { DrainRuleset, TableObservation } from './desired-firewall.ts';
import {
  type Drain,
  type DrainConfig,
  type DrainCount,
  isClosing,
  isRefusalDue,
  outcomeOf,
} from './drain.ts';
import { firewallSteps } from './firewall-steps.ts';
import { type Clocks, hear, type HearingConfig, ofInstance } from './hear.ts';
import { isSameLease, type Lease, type LeaseEnd } from './lease.ts';
import { type Prevailing, prevailing } from './prevailing.ts';
import { type SignalReadings, withReadings } from './signals.ts';
import type { Announcement, Step } from './step.ts';

export interface PlanConfig extends HearingConfig, DrainConfig {
  /** What a drain refuses; null without ports: then only hooks are run. */
  readonly ruleset: DrainRuleset | null;
  readonly runScriptsAtStart: boolean;
}

export interface Observation extends Clocks {
  /** The newest answer, or null when this cycle was not woken by one. */
  readonly answer: Answer | null;
  /** Which instance this is, where that is known without an answer. */
  readonly instanceId?: string | null;
  /** What the other sources said, or null when they were not looked at. */
  readonly signals: SignalReadings | null;
  /** The lease in force. */
  readonly lease: Lease | null;
  /** Why the last one ended, where that is known. */
  readonly leaseEnd?: LeaseEnd | null;
  /** The connections left, or null while nothing is refused. */
  readonly count: DrainCount | null;
  /** Null when this cycle need not look at the table: then nothing is done to it. */
  readonly table: TableObservation | null;
}

export interface Plan {
  readonly next: AgentState;
  /** In the order to perform: firewall, hooks, record (one write has the state and its hooks), then what to tell. */
  readonly steps: readonly Step[];
  /** Something changed that people follow: its lines, scripts and connections belong together. */
  readonly isChange: boolean;
  /** Time alone asks for another table, and this cycle did not look at it: the next one must. */
  readonly isLookDue: boolean;
}

/** What to do now. The same observation planned twice gives no further steps. */
export function plan(previous: AgentState, observation: Observation, config: PlanConfig): Plan {
  const identified = ofInstance(previous, observation.instanceId ?? previous.instanceId);
  const heard = hear(identified, observation.answer, observation, config);
  const signals =
    observation.signals === null
      ? heard.next.signals
      : withReadings(heard.next.signals, observation.signals, observation.wallMs);
  const before = prevailing(previous);
  const informed = afterRefusal(before, { ...heard.next, signals, lease: observation.lease });
  const now = prevailing(informed);
  const begun: AgentState = {
    ...informed,
    // Scripts that were told a state hear how it ends, also when nothing is known in between.
    shownState: now.instanceState ?? informed.shownState,
    stateSinceWallMs:
      now.instanceState === null || now.instanceState === informed.shownState
        ? informed.stateSinceWallMs
        : observation.wallMs,
    drain: now.desired === 'refuse' ? drainOf(previous, informed, observation) : null,
  };
  const drained = settleDrain(begun, now, observation, config);
  const firewall = tableSteps(drained.next, now, observation, config);
  const next: AgentState = { ...drained.next, adopted: firewall.adopted };
  const transition = transitionFor(informed, now, config);
  const steps: Step[] = [...firewall.steps, ...transition, ...drained.steps];
  const record = recordedState(next, now);
  if (!isSameRecord(record, recordedState(previous, before))) steps.push({ kind: 'record', record });
  const verdict = verdictChange({ previous, before }, { next, now }, config, observation.monotonicMs);
  const announcements = [
    // First: it is why the state is another one.
    ...leaseChange(previous.lease, next.lease, observation.leaseEnd ?? null),
    ...told(previous, informed, now),
    ...heard.announcements.map((one) => standingAs(now, one)),
    ...verdict,
    ...drained.announcements,
  ];
  for (const announcement of announcements) steps.push({ kind: 'announce', announcement });
  const isChange =
    verdict.length > 0 ||
    before.desired !== now.desired ||
    informed.shownState !== next.shownState ||
    !isSameReasons(before.reasons, now.reasons) ||
    !isSameLease(previous.lease, next.lease);
  const isOtherTable =
    before.desired !== now.desired || isClosing(previous.drain, config) !== isClosing(next.drain, config);
  const isLookDue = observation.table === null && (isOtherTable || isUnconfirmed(next, observation));
  return { next, steps, isChange, isLookDue };
}

/** The recorded part of a state. */
export function recordedState(state: AgentState, now: Prevailing = prevailing(state)): RecordedState {
  const { instanceId, desired, open, shownState, stateSinceWallMs, drain, lease } = state;
  const unleased = lease === null ? now : prevailing({ ...state, lease: null });
  return {
    instanceId,
    desired,
    reasons: unleased.reasons,
    open,
    instanceState: shownState,
    stateSinceWallMs,
    drain,
    isTableLeased: now.desired === 'refuse' && unleased.desired !== 'refuse',
  };
}

/** A lease or a source that refused by itself before the API was heard is over: its table goes, and there is no other to keep. */
function afterRefusal(before: Prevailing, state: AgentState): AgentState {
  const isOver = before.desired === 'refuse' && prevailing(state).desired === 'undetermined';
  return isOver ? { ...state, desired: 'open' } : state;
}

/** The drain under way. One that was there for a lease alone was a rehearsal: the real one begins anew, and has an outcome of its own. */
function drainOf(previous: AgentState, informed: AgentState, now: Clocks): Drain {
  const { drain } = informed;
  const isReal = prevailing({ ...informed, lease: null }).desired === 'refuse';
  const wasReal = prevailing({ ...previous, lease: null }).desired === 'refuse';
  if (drain !== null && (wasReal || !isReal)) return drain;
  return { sinceWallMs: now.wallMs, sinceMonotonicMs: now.monotonicMs, outcome: null };
}

/** Nobody seems to be left, and the table was not looked at since. */
function isUnconfirmed({ drain }: AgentState, { count, table }: Observation): boolean {
  return drain?.outcome === null && count?.drained === true && table === null;
}

/** The outcome of the drain, once, with the scripts that wait for it. */
function settleDrain(
  state: AgentState,
  now: Prevailing,
  observation: Observation,
  config: PlanConfig,
): { next: AgentState; steps: Step[]; announcements: Announcement[] } {
  const { drain } = state;
  const { monotonicMs } = observation;
  const table = tableSteps(state, now, observation, config);
  // Through a table that is not there, or not the right one, others may have come since they were counted.
  const count = table.adopted && table.steps.length === 0 ? observation.count : null;
  const isLater = drain?.outcome !== null || isUnconfirmed(state, observation);
  const outcome = drain === null || isLater ? null : outcomeOf(drain, count, config, monotonicMs);
  if (drain === null || outcome === null) return { next: state, steps: [], announcements: [] };
  const settled = { ...drain, outcome };
  const connectionsLeft = outcome === 'complete' ? 0 : (count?.left ?? null);
  const lastedMs = monotonicMs - drain.sinceMonotonicMs;
  const announcement: Announcement =
    outcome === 'complete'
      ? { event: 'drained', lastedMs }
      : { event: 'drain-timeout', lastedMs, connectionsLeft, isClosing: isClosing(settled, config) };
  return {
    next: { ...state, drain: settled },
    steps: [{ kind: 'run-drained-hooks', outcome, connectionsLeft }],
    announcements: [announcement],
  };
}

function tableSteps(
  state: AgentState,
  { desired }: Prevailing,
  { table, monotonicMs }: Observation,
  config: PlanConfig,
): ReturnType<typeof firewallSteps> {
  const { drain, adopted } = state;
  if (table === null) return { steps: [], adopted };
  const ruleset = config.ruleset === null ? null : { ...config.ruleset, closing: isClosing(drain, config) };
  const isDue = drain !== null && isRefusalDue(drain, config, monotonicMs);
  return firewallSteps({ desired, ruleset, isDue, adopted }, table);
}

/** The transition that the operator's scripts should see, if there is one. */
function transitionFor(state: AgentState, now: Prevailing, config: PlanConfig): Step[] {
  const from = state.shownState;
  const to = now.instanceState;
  if (to === null || from === to || state.open?.because === 'target-groups') return [];
  // With nothing on record the state may have stood for long; what this process saw begin is a transition all the same.
  const isWitnessed =
    state.lease !== null ||
    Object.values(state.signals).some((signal) => signal.kind === 'drains' && signal.sawBegin);
  const isWanted = from !== null || config.runScriptsAtStart || isWitnessed;
  return isWanted ? [{ kind: 'run-hooks', from: from ?? 'unknown', to }] : [];
}
