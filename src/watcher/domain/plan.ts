// The decision of one cycle: from what was, what is seen and what is configured to what is done. Pure and total.
import {
  type AgentState,
  type Hold,
  isSameReasons,
  isSameRecord,
  type RecordedState,
  recordedState,
} from './agent-state.ts';
import type { Answer, KnownAnswer } from './answer.ts';
import {
  type Decision,
  type DecisionConfig,
  decide,
  type HoldCause,
  isLeftToTargetGroups,
  withInstanceState,
} from './decision.ts';
import type { DrainRuleset, TableObservation } from './desired-firewall.ts';
import { firewallSteps } from './firewall-steps.ts';
import { isWellFormedState } from './instance-state.ts';
import type { Announcement, Step } from './step.ts';

export interface PlanConfig extends DecisionConfig {
  /** What a drain refuses; null without ports: then only hooks are run. */
  readonly ruleset: DrainRuleset | null;
  /** `--max-hold`; null holds for ever. */
  readonly maxHoldMs: number | null;
  readonly runScriptsAtStart: boolean;
}

export interface Observation {
  /** The newest answer, or null when this cycle was not woken by one. */
  readonly answer: Answer | null;
  readonly table: TableObservation;
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export interface Plan {
  readonly next: AgentState;
  /** In the order to perform: firewall, hooks, record (one write has the state and its hooks), then what to tell. */
  readonly steps: readonly Step[];
}

/** Polls without information about this instance after which the agent calls itself degraded. */
const NO_INFORMATION_LIMIT = 10;

/** What to do now. The same observation planned twice gives no further steps. */
export function plan(previous: AgentState, observation: Observation, config: PlanConfig): Plan {
  const heard = observation.answer === null ? unheard(previous) : hear(previous, observation, config);
  const held = expireHold(heard.next, observation, config);
  const firewall = firewallSteps(held.next, observation.table, config.ruleset);
  const next: AgentState = { ...held.next, adopted: firewall.adopted };
  const steps: Step[] = [...firewall.steps];
  const record: RecordedState = recordedState(next);
  if (heard.transition !== null)
    steps.push({ kind: 'run-hooks', ...heard.transition, reasons: next.reasons });
  if (!isSameRecord(record, recordedState(previous))) steps.push({ kind: 'record', record });
  for (const announcement of [...heard.announcements, ...held.announcements])
    steps.push({ kind: 'announce', announcement });
  return { next, steps };
}

interface Heard {
  readonly next: AgentState;
  readonly transition: { readonly from: string; readonly to: string } | null;
  readonly announcements: readonly Announcement[];
}

function unheard(previous: AgentState): Heard {
  return { next: previous, transition: null, announcements: [] };
}

function hear(previous: AgentState, observation: Observation, config: PlanConfig): Heard {
  const answer = withInstanceState(observation.answer as Answer, config);
  const decision = decide(answer, config);
  const noted =
    answer.kind === 'known' ? noteState(previous, answer, observation, config) : unheard(previous);
  const decided = follow(noted.next, decision, observation, config);
  return {
    next: decided.next,
    transition: noted.transition,
    announcements: [...noted.announcements, ...decided.announcements],
  };
}

/** Records a well-formed state and finds the transition that the operator's scripts should see. */
function noteState(
  previous: AgentState,
  answer: KnownAnswer,
  observation: Observation,
  config: PlanConfig,
): Heard {
  // A record of another instance says nothing about this one.
  const known = previous.instanceId === null || previous.instanceId === answer.instanceId;
  const from = known ? previous.instanceState : null;
  const base: AgentState = { ...previous, instanceId: answer.instanceId, heard: true };
  // A malformed state never becomes a name, not even the old one of the next transition.
  if (!isWellFormedState(answer.state)) return unheard(base);
  if (from === answer.state) {
    return previous.heard
      ? unheard(base)
      : { ...unheard(base), announcements: [{ event: 'state-confirmed', state: from }] };
  }
  const next: AgentState = { ...base, instanceState: answer.state, stateSinceWallMs: observation.wallMs };
  const announcements: Announcement[] = [{ event: 'state-changed', from, to: answer.state }];
  const hooksWanted = (from !== null || config.runScriptsAtStart) && !isLeftToTargetGroups(answer, config);
  return {
    next,
    transition: hooksWanted ? { from: from ?? 'unknown', to: answer.state } : null,
    announcements,
  };
}

/** Turns a decision into the desired firewall, ending or beginning a hold. */
function follow(
  previous: AgentState,
  decision: Decision,
  observation: Observation,
  config: PlanConfig,
): Omit<Heard, 'transition'> {
  if (decision.desired === 'hold') return holdOn(previous, decision.cause, observation);
  const announcements: Announcement[] = [];
  if (previous.hold !== null) {
    announcements.push({
      event: 'hold-ended',
      lastedMs: observation.monotonicMs - previous.hold.sinceMonotonicMs,
    });
  }
  if (decision.desired === 'refuse') {
    const changed = previous.desired !== 'refuse' || !isSameReasons(previous.reasons, decision.reasons);
    if (changed)
      announcements.push({
        event: 'refusing',
        reasons: decision.reasons,
        isEnforced: config.ruleset !== null,
      });
    return {
      next: { ...previous, desired: 'refuse', reasons: decision.reasons, openBecause: null, hold: null },
      announcements,
    };
  }
  const { because, detail } = decision;
  if (previous.desired !== 'open' || (previous.openBecause !== because && because !== 'state')) {
    announcements.push({ event: 'open', because, detail });
  }
  return {
    next: { ...previous, desired: 'open', reasons: [], openBecause: because, hold: null },
    announcements,
  };
}

function holdOn(previous: AgentState, cause: HoldCause, observation: Observation): Omit<Heard, 'transition'> {
  const since = previous.hold ?? {
    sinceMonotonicMs: observation.monotonicMs,
    classes: [],
    noInformationPolls: 0,
    expired: false,
  };
  const announcements: Announcement[] = [];
  const isNew = !since.classes.includes(cause.class);
  if (isNew) {
    const event = previous.hold === null ? 'hold-began' : 'hold-cause';
    announcements.push({ event, class: cause.class, message: cause.message, desired: previous.desired });
  }
  const noInformationPolls = cause.class === 'no-information' ? since.noInformationPolls + 1 : 0;
  if (noInformationPolls === NO_INFORMATION_LIMIT)
    announcements.push({ event: 'no-information', polls: noInformationPolls });
  const hold: Hold = {
    ...since,
    classes: isNew ? [...since.classes, cause.class] : since.classes,
    noInformationPolls,
  };
  return { next: { ...previous, hold }, announcements };
}

function expireHold(
  previous: AgentState,
  observation: Observation,
  config: PlanConfig,
): Omit<Heard, 'transition'> {
  const { hold } = previous;
  if (hold === null || hold.expired || config.maxHoldMs === null)
    return { next: previous, announcements: [] };
  const lastedMs = observation.monotonicMs - hold.sinceMonotonicMs;
  if (lastedMs < config.maxHoldMs) return { next: previous, announcements: [] };
  return {
    next: { ...previous, desired: 'open', reasons: [], openBecause: null, hold: { ...hold, expired: true } },
    // Ports that are open already stay so, and nobody need hear of it.
    announcements: previous.desired === 'open' ? [] : [{ event: 'hold-expired', lastedMs }],
  };
}

/** Whether the agent knows too little for too long to be called healthy. */
export function isUninformed(state: AgentState): boolean {
  return (state.hold?.noInformationPolls ?? 0) >= NO_INFORMATION_LIMIT;
}
