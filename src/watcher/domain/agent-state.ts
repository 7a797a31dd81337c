// What the agent carries from cycle to cycle. Only plan() makes a new one.
import type { Reason } from './decision.ts';

/** `undetermined`: nothing known yet on this boot; a table found is neither kept up nor removed. */
export type Desired = 'refuse' | 'open' | 'undetermined';

/** A stretch of time without a verdict, during which the firewall stays as it is. */
export interface Hold {
  readonly sinceMonotonicMs: number;
  /** Causes already reported in this hold. */
  readonly classes: readonly string[];
  /** Consecutive polls in which the API had nothing about this instance. */
  readonly noInformationPolls: number;
  /** `--max-hold` has passed and the ports were opened. */
  readonly expired: boolean;
}

export interface AgentState {
  readonly instanceId: string | null;
  readonly desired: Desired;
  readonly reasons: readonly Reason[];
  /** Why the ports are open when it is not the state that says so; told once. */
  readonly openBecause: 'state' | 'target-groups' | 'not-managed' | null;
  /** The last well-formed state known; null without a record. */
  readonly instanceState: string | null;
  readonly stateSinceWallMs: number | null;
  readonly hold: Hold | null;
  /** Whether this process has had a known answer. */
  readonly heard: boolean;
  /** Whether this process has put in place, or adopted, the table it wants. */
  readonly adopted: boolean;
}

/** The part of the state that survives a restart; the record adds instance and boot. */
export interface RecordedState {
  readonly instanceId: string | null;
  readonly desired: Desired;
  readonly reasons: readonly Reason[];
  readonly instanceState: string | null;
  readonly stateSinceWallMs: number | null;
}

/** The recorded part of a state. */
export function recordedState(state: AgentState): RecordedState {
  const { instanceId, desired, reasons, instanceState, stateSinceWallMs } = state;
  return { instanceId, desired, reasons, instanceState, stateSinceWallMs };
}

/** Whether two records say the same; equal ones are not written again. */
export function isSameRecord(a: RecordedState, b: RecordedState): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.desired === b.desired &&
    a.instanceState === b.instanceState &&
    a.stateSinceWallMs === b.stateSinceWallMs &&
    isSameReasons(a.reasons, b.reasons)
  );
}

/** Whether two lists of reasons are the same, in order. */
export function isSameReasons(a: readonly Reason[], b: readonly Reason[]): boolean {
  return a.length === b.length && a.every((r, i) => r.source === b[i]?.source && r.detail === b[i]?.detail);
}
