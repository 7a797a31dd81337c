// What one answer of the API changes: its state and its verdict, or one more poll of not knowing.
import type { AgentState, Hold } from './agent-state.ts';
import type { Answer, KnownAnswer } from './answer.ts';
import {
  type Decision,
  type DecisionConfig,
  decide,
  type Ground,
  type HoldCause,
  type Reason,
  withInstanceState,
} from './decision.ts';
import { isWellFormedState } from './instance-state.ts';
import type { Announcement } from './step.ts';

export interface Heard {
  readonly next: AgentState;
  readonly announcements: readonly Announcement[];
}

export interface HearingConfig extends DecisionConfig {
  /** `--max-hold`; null holds for ever. */
  readonly maxHoldMs: number | null;
}

export interface Clocks {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** Polls without information about this instance after which the agent calls itself degraded. */
const NO_INFORMATION_LIMIT = 10;

/** The state after an answer, or after none (null): then only the time goes on. */
export function hear(previous: AgentState, answer: Answer | null, now: Clocks, config: HearingConfig): Heard {
  const heard =
    answer === null ? { next: previous, announcements: [] } : follow(previous, answer, now, config);
  const held = expireHold(heard.next, now, config);
  return { next: held.next, announcements: [...heard.announcements, ...held.announcements] };
}

/** Whether the agent knows too little for too long to be called healthy. */
export function isUninformed(state: AgentState): boolean {
  return (state.hold?.noInformationPolls ?? 0) >= NO_INFORMATION_LIMIT;
}

function follow(previous: AgentState, given: Answer, now: Clocks, config: HearingConfig): Heard {
  const answer = withInstanceState(given, config);
  const noted = answer.kind === 'known' ? noteState(previous, answer) : previous;
  const decision = decide(answer, config);
  if (decision.desired === 'hold') return holdOn(noted, decision.cause, now);
  const next = { ...noted, ...decided(noted, decision, now), hold: null };
  if (noted.hold === null) return { next, announcements: [] };
  const lastedMs = now.monotonicMs - noted.hold.sinceMonotonicMs;
  return { next, announcements: [{ event: 'hold-ended', lastedMs }] };
}

/** The state of the instance of that name: what is known of another one says nothing about it. */
export function ofInstance(state: AgentState, instanceId: string | null): AgentState {
  if (state.instanceId === instanceId) return state;
  return state.instanceId === null
    ? { ...state, instanceId }
    : { ...state, instanceId, instanceState: null, shownState: null };
}

function noteState(previous: AgentState, { instanceId, state }: KnownAnswer): AgentState {
  const base = ofInstance(previous, instanceId);
  // A malformed state never becomes a name, not even the old one of the next transition.
  return {
    ...base,
    heard: true,
    instanceState: isWellFormedState(state) ? state : base.instanceState,
  };
}

function decided(
  previous: AgentState,
  decision: Exclude<Decision, { desired: 'hold' }>,
  now: Clocks,
): Pick<AgentState, 'desired' | 'reasons' | 'open'> {
  if (decision.desired === 'open') {
    const { because, detail } = decision;
    return { desired: 'open', reasons: [], open: { because, detail } };
  }
  const reasons = decision.grounds.map((ground) => since(previous.reasons, ground, now.wallMs));
  return { desired: 'refuse', reasons, open: null };
}

/** The reason with its beginning: it goes on when it held before. */
function since(before: readonly Reason[], ground: Ground, wallMs: number): Reason {
  const held = before.find(({ source, detail }) => source === ground.source && detail === ground.detail);
  return held ?? { ...ground, sinceWallMs: wallMs };
}

function holdOn(previous: AgentState, cause: HoldCause, now: Clocks): Heard {
  const since: Hold = previous.hold ?? {
    sinceMonotonicMs: now.monotonicMs,
    sinceWallMs: now.wallMs,
    class: cause.class,
    classes: [],
    message: cause.message,
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
    class: cause.class,
    classes: isNew ? [...since.classes, cause.class] : since.classes,
    message: cause.message,
    noInformationPolls,
  };
  return { next: { ...previous, hold }, announcements };
}

function expireHold(previous: AgentState, now: Clocks, { maxHoldMs }: HearingConfig): Heard {
  const { hold } = previous;
  if (hold === null || hold.expired || maxHoldMs === null) return { next: previous, announcements: [] };
  const lastedMs = now.monotonicMs - hold.sinceMonotonicMs;
  if (lastedMs < maxHoldMs) return { next: previous, announcements: [] };
  const expired = { ...previous, hold: { ...hold, expired: true } };
  // Ports that are open already stay so, for the reason that was known, and nobody need hear of it.
  if (previous.desired === 'open') return { next: expired, announcements: [] };
  return {
    next: { ...expired, desired: 'open', reasons: [], open: null },
    announcements: [{ event: 'hold-expired', lastedMs, desired: 'open' }],
  };
}
