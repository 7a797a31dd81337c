// The decision of one cycle: from what was, what is seen and what is configured to what is done. Pure and total.
import { type AgentState, isSameReasons, isSameRecord, type RecordedState } from './agent-state.ts';
import type { Answer } from './answer.ts';
import type { DrainRuleset, TableObservation } from './desired-firewall.ts';
import { type DrainConfig, type DrainCount, isClosing, isRefusalDue, outcomeOf } from './drain.ts';
import { firewallSteps } from './firewall-steps.ts';
import { type Clocks, hear, type HearingConfig } from './hear.ts';
import { isSameLease, type Lease } from './lease.ts';
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
  /** What the other sources said, or null when they were not looked at. */
  readonly signals: SignalReadings | null;
  /** The lease in force. */
  readonly lease: Lease | null;
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
  const heard = hear(previous, observation.answer, observation, config);
  const signals =
    observation.signals === null
      ? heard.next.signals
      : withReadings(heard.next.signals, observation.signals, observation.wallMs);
  const informed: AgentState = { ...heard.next, signals, lease: observation.lease };
  const [before, now] = [prevailing(previous), prevailing(informed)];
  const begun: AgentState = {
    ...informed,
    shownState: now.instanceState,
    stateSinceWallMs:
      now.instanceState === informed.shownState ? informed.stateSinceWallMs : observation.wallMs,
    drain: now.desired === 'refuse' ? (informed.drain ?? beginning(observation)) : null,
  };
  const drained = settleDrain(begun, observation, config);
  const firewall = tableSteps(drained.next, now, observation, config);
  const next: AgentState = { ...drained.next, adopted: firewall.adopted };
  const transition = transitionFor(informed, now, config);
  const steps: Step[] = [...firewall.steps, ...transition, ...drained.steps];
  const record = recordedState(next, now);
  if (!isSameRecord(record, recordedState(previous, before))) steps.push({ kind: 'record', record });
  const verdict = verdictChange({ previous, before }, { next, now }, config);
  const announcements = [
    ...told(previous, informed, now),
    ...heard.announcements,
    ...leaseChange(previous.lease, next.lease),
    ...verdict,
    ...drained.announcements,
  ];
  for (const announcement of announcements) steps.push({ kind: 'announce', announcement });
  const isChange =
    verdict.length > 0 ||
    before.desired !== now.desired ||
    informed.shownState !== now.instanceState ||
    !isSameReasons(before.reasons, now.reasons) ||
    !isSameLease(previous.lease, next.lease);
  const isOtherTable =
    before.desired !== now.desired || isClosing(previous.drain, config) !== isClosing(next.drain, config);
  return { next, steps, isChange, isLookDue: observation.table === null && isOtherTable };
}

/** The recorded part of a state. */
export function recordedState(state: AgentState, now: Prevailing = prevailing(state)): RecordedState {
  const { instanceId, desired, shownState, stateSinceWallMs, drain, lease } = state;
  const unleased = lease === null ? now : prevailing({ ...state, lease: null });
  return {
    instanceId,
    desired,
    reasons: unleased.reasons,
    instanceState: shownState,
    stateSinceWallMs,
    drain: drain === null ? null : { sinceWallMs: drain.sinceWallMs, outcome: drain.outcome },
    isTableLeased: now.desired === 'refuse' && unleased.desired !== 'refuse',
  };
}

function beginning({ wallMs, monotonicMs }: Clocks): AgentState['drain'] {
  return { sinceWallMs: wallMs, sinceMonotonicMs: monotonicMs, outcome: null };
}

/** The outcome of the drain, once, with the scripts that wait for it. */
function settleDrain(
  state: AgentState,
  observation: Observation,
  config: PlanConfig,
): { next: AgentState; steps: Step[]; announcements: Announcement[] } {
  const { drain } = state;
  const { count, monotonicMs } = observation;
  const outcome =
    drain === null || drain.outcome !== null ? null : outcomeOf(drain, count, config, monotonicMs);
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

function told(previous: AgentState, informed: AgentState, now: Prevailing): Announcement[] {
  const from = informed.shownState;
  const to = now.instanceState;
  if (to !== null && from !== to) return [{ event: 'state-changed', from, to }];
  const isFirst = informed.heard && !previous.heard && informed.instanceState === to;
  return isFirst && to !== null ? [{ event: 'state-confirmed', state: to }] : [];
}

function leaseChange(before: Lease | null, now: Lease | null): Announcement[] {
  if (isSameLease(before, now)) return [];
  const ended: Announcement[] = before === null ? [] : [{ event: 'lease-ended', lease: before }];
  return now === null ? ended : [...ended, { event: 'lease-began', lease: now }];
}

function verdictChange(
  { previous, before }: { previous: AgentState; before: Prevailing },
  { next, now }: { next: AgentState; now: Prevailing },
  config: PlanConfig,
): Announcement[] {
  // The line of an override that begins has said it.
  if (next.lease?.kind === 'override' && !isSameLease(previous.lease, next.lease)) return [];
  if (now.desired === 'refuse') {
    const isNew = before.desired !== 'refuse' || !isSameReasons(before.reasons, now.reasons);
    if (!isNew) return [];
    const isEnforced = config.ruleset !== null;
    const inMs = next.adopted || before.desired === 'refuse' ? 0 : config.refuseDelayMs;
    return [{ event: 'refusing', reasons: now.reasons, isEnforced, inMs }];
  }
  const { open } = next;
  if (now.desired !== 'open' || open === null) return [];
  const isNew = before.desired !== 'open' || previous.open?.because !== open.because;
  return isNew && (open.because !== 'state' || before.desired !== 'open') ? [{ event: 'open', ...open }] : [];
}
