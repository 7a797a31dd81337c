// What the agent carries from cycle to cycle. Only plan() makes a new one.
import type { OpenCause, Reason } from './decision.ts';
import type { Drain } from './drain.ts';
import type { Lease } from './lease.ts';
import type { Signals } from './signals.ts';

/** `undetermined`: nothing known yet on this boot; a table found is neither kept up nor removed. */
export type Desired = 'refuse' | 'open' | 'undetermined';

/** A stretch of time without a verdict, during which the firewall stays as it is. */
export interface Hold {
  readonly sinceMonotonicMs: number;
  readonly sinceWallMs: number;
  /** Of what was wrong at the latest poll, such as `transport`. */
  readonly class: string;
  /** Causes already reported in this hold. */
  readonly classes: readonly string[];
  /** What was wrong at the latest poll. */
  readonly message: string;
  /** Consecutive polls in which the API had nothing about this instance. */
  readonly noInformationPolls: number;
  /** `--max-hold` has passed and the ports were opened. */
  readonly expired: boolean;
}

export interface AgentState {
  readonly instanceId: string | null;
  /** What the API's answers ask for; `prevailing` lays the signals and a lease over it. */
  readonly desired: Desired;
  /** Why the API's answers ask for a drain. */
  readonly reasons: readonly Reason[];
  /** Why the API's answers leave the ports open; null when they do not. */
  readonly open: OpenCause | null;
  /** The last well-formed state that the API reported; null without a record. */
  readonly instanceState: string | null;
  readonly hold: Hold | null;
  /** Whether this process has had a known answer. */
  readonly heard: boolean;
  /** What the other sources say. */
  readonly signals: Signals;
  readonly lease: Lease | null;
  /** The state that scripts and people were last told, and since when it stands. */
  readonly shownState: string | null;
  readonly stateSinceWallMs: number | null;
  /** The drain under way, from the verdict on. */
  readonly drain: Drain | null;
  /** Whether this process has put in place, or adopted, the table it wants. */
  readonly adopted: boolean;
}

/** The part of the state that survives a restart; the record adds instance and boot. */
export interface RecordedState {
  readonly instanceId: string | null;
  /** What the API's answers ask for. */
  readonly desired: Desired;
  /** Those of the API and of the other sources. */
  readonly reasons: readonly Reason[];
  /** Why the API's answers leave the ports open. */
  readonly open: OpenCause | null;
  /** The state that scripts were last told. */
  readonly instanceState: string | null;
  readonly stateSinceWallMs: number | null;
  readonly drain: Drain | null;
  /** A table found at the next start was there for a lease, which died with the agent. */
  readonly isTableLeased: boolean;
}

/** Whether two records say the same; equal ones are not written again. */
export function isSameRecord(a: RecordedState, b: RecordedState): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.desired === b.desired &&
    a.open?.because === b.open?.because &&
    a.instanceState === b.instanceState &&
    a.stateSinceWallMs === b.stateSinceWallMs &&
    a.drain?.sinceMonotonicMs === b.drain?.sinceMonotonicMs &&
    a.drain?.outcome === b.drain?.outcome &&
    a.isTableLeased === b.isTableLeased &&
    isSameReasons(a.reasons, b.reasons)
  );
}

/** Whether two lists of reasons are the same, in order; when each began does not matter. */
export function isSameReasons(a: readonly Reason[], b: readonly Reason[]): boolean {
  return a.length === b.length && a.every((r, i) => r.source === b[i]?.source && r.detail === b[i]?.detail);
}
