// From one answer to what the firewall should do about it. Pure; the reasons listed here are the ones shown to people.
import type { Answer, KnownAnswer } from './answer.ts';
import { isExcludedByTags } from './exclusion.ts';
import { isWellFormedState, verdictOfState } from './instance-state.ts';
import type { SignalSource } from './signals.ts';

/** Why new connections are refused. */
export interface Reason extends Ground {
  readonly sinceWallMs: number;
}

/** A reason without its beginning. */
export interface Ground {
  readonly source: 'state' | 'tag' | 'simulation' | SignalSource;
  /** The state's name, the tag's key, or what the source said. */
  readonly detail: string;
}

/** Why the ports are open. */
export interface OpenCause {
  readonly because: 'state' | 'target-groups' | 'not-managed';
  readonly detail: string;
}

/** Why there is no verdict; `class` names the kind of it (`no-verdict`: the state is known and not one to act on). */
export interface HoldCause {
  readonly class: string;
  readonly message: string;
}

export type Decision =
  | { readonly desired: 'refuse'; readonly grounds: readonly Ground[] }
  | ({ readonly desired: 'open' } & OpenCause)
  | { readonly desired: 'hold'; readonly cause: HoldCause };

export interface DecisionConfig {
  /** Act even when the deployment's target groups already drain main-fleet instances. */
  readonly force: boolean;
  /** Replaces the state of every known answer; null leaves it. */
  readonly instanceState: string | null;
}

/** An answer with the operator's `--instance-state` in place of the API's state. */
export function withInstanceState(answer: Answer, config: DecisionConfig): Answer {
  if (answer.kind !== 'known' || config.instanceState === null) return answer;
  return { ...answer, state: config.instanceState };
}

/** Whether an AWS load balancer drains this instance already, so that the agent stays out of it. */
export function isLeftToTargetGroups(answer: KnownAnswer, config: DecisionConfig): boolean {
  return answer.subfleetName === null && (answer.targetGroups ?? 0) > 0 && !config.force;
}

/** What the answer asks of the firewall. Not knowing is always `hold`. */
export function decide(answer: Answer, config: DecisionConfig): Decision {
  switch (answer.kind) {
    case 'unknown':
      return hold(answer.class, answer.message);
    case 'no-information':
      return hold('no-information', answer.message);
    case 'not-managed':
      return { desired: 'open', because: 'not-managed', detail: answer.message };
    case 'known':
      return decideKnown(answer, config);
  }
}

function decideKnown(answer: KnownAnswer, config: DecisionConfig): Decision {
  if (isLeftToTargetGroups(answer, config)) {
    return { desired: 'open', because: 'target-groups', detail: `${answer.targetGroups} target group(s)` };
  }
  const verdict = verdictOfState(answer.state);
  const grounds: Ground[] = [];
  if (verdict === 'refuse') grounds.push({ source: 'state', detail: answer.state });
  if (isExcludedByTags(answer.tags)) grounds.push({ source: 'tag', detail: 'clonesquad:excluded' });
  if (grounds.length > 0) return { desired: 'refuse', grounds };
  if (verdict === 'open') return { desired: 'open', because: 'state', detail: answer.state };
  return hold('no-verdict', `state ${quoted(answer.state)} is not one this agent acts on`);
}

function hold(cls: string, message: string): Decision {
  return { desired: 'hold', cause: { class: cls, message } };
}

/** A state for a message: as it is when well formed, else bounded and with everything unusual escaped. */
function quoted(state: string): string {
  if (isWellFormedState(state)) return state;
  return JSON.stringify(state.length > 40 ? `${state.slice(0, 40)}...` : state);
}
