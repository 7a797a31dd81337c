// One cycle of the plan, for the tests of the domain: states to begin with, and what comes of an observation.
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import type { Answer, KnownAnswer } from '../../../../src/watcher/domain/answer.ts';
import type { TableObservation } from '../../../../src/watcher/domain/desired-firewall.ts';
import { type Observation, type Plan, type PlanConfig, plan } from '../../../../src/watcher/domain/plan.ts';
import type { Step } from '../../../../src/watcher/domain/step.ts';

export const RULESET = {
  ports: [{ first: 80, last: 80 }],
  allowFrom: [],
  includeLoopback: false,
  closing: false,
};
export const CONFIG: PlanConfig = {
  ruleset: RULESET,
  force: false,
  instanceState: null,
  maxHoldMs: null,
  runScriptsAtStart: false,
  refuseDelayMs: 0,
  drainTimeoutMs: null,
  onDrainTimeout: 'keep',
};
export const NOW = { wallMs: 1_000_000, monotonicMs: 0 };
export const ABSENT: TableObservation = { table: 'absent' };
export const IN_PLACE: TableObservation = {
  table: 'ours',
  ownership: 'owned',
  holder: 'us',
  ruleset: RULESET,
  difference: null,
};
export const ORPHAN: TableObservation = { ...IN_PLACE, holder: 'nobody' };
export const UNKNOWN: Answer = { kind: 'unknown', class: 'transport', message: 'connection refused' };
export const FRESH = adopt(null, ABSENT);

export function known(state: string, more: Partial<KnownAnswer> = {}): KnownAnswer {
  return {
    kind: 'known',
    instanceId: 'i-1',
    state,
    tags: {},
    subfleetName: null,
    targetGroups: null,
    ...more,
  };
}

export function after(
  previous: AgentState,
  answer: Answer | null,
  table = ABSENT,
  config = CONFIG,
  atMs = 0,
): Plan {
  return observed(previous, { answer, table }, config, atMs);
}

/** One cycle that observes this, under the lease of before. */
export function observed(previous: AgentState, seen: Partial<Observation>, config = CONFIG, atMs = 0): Plan {
  const nothing = { answer: null, signals: null, lease: previous.lease, count: null, table: ABSENT };
  return plan(previous, { ...nothing, ...seen, monotonicMs: atMs, wallMs: NOW.wallMs + atMs }, config);
}

/** The state of an agent that refuses, with its table in place. */
export function refusing(): AgentState {
  return after(after(FRESH, known('running')).next, known('draining')).next;
}

export function kinds(steps: readonly Step[]): string[] {
  return steps.filter((step) => step.kind !== 'announce').map((step) => step.kind);
}

export function events(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.kind === 'announce' ? [step.announcement.event] : []));
}
