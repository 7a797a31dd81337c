// The interfaces the loop needs of the world. Adapters are chosen by the command that runs the agent; tests bring fakes.
import type { Firewall } from '../firewall/firewall.ts';
import type { ConnectionCount, RulesetEvent } from '../firewall/ruleset.ts';
import type { RecordedState } from './domain/agent-state.ts';
import type { Answer } from './domain/answer.ts';
import type { Reason } from './domain/decision.ts';
import type { DrainRuleset } from './domain/desired-firewall.ts';
import type { PlanConfig } from './domain/plan.ts';
import type { Announcement } from './domain/step.ts';

export interface Clock {
  /** Milliseconds that never jump; they stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Milliseconds since the epoch, as the host believes. */
  wallMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Where the instance's own state is learned. */
export interface MetadataSource {
  /** One poll, within the limits as a whole. Whatever the network does, that is an answer too. */
  poll(limits: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<Answer>;
  /** The machine was asleep: credentials and connections held are worth nothing. */
  forgetSession(): void;
}

export interface RecordStore {
  save(record: RecordedState): void;
}

export interface HookTransition {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface HookRunner {
  /** Returns at once; the scripts run one transition at a time. */
  submit(transition: HookTransition): void;
}

/** Everything the agent tells people; the log, the service manager and later the status command stand behind it. */
export interface Reporter {
  announce(announcement: Announcement): void;
  tableInstalled(ruleset: DrainRuleset, restoring: string | null, by: RulesetEvent | null): void;
  tableRemoved(): void;
  connections(count: ConnectionCount, drained: boolean): void;
  /** The lasting trouble of one part of the agent, or null when it has none. Only changes are told. */
  degraded(part: string, problem: string | null): void;
  /** The loop is about to wait; what it stands at. */
  settled(summary: Summary): void;
}

export interface Summary {
  readonly instanceState: string | null;
  readonly refusing: boolean;
  readonly reasons: readonly Reason[];
  readonly holding: boolean;
  readonly connectionsLeft: number | null;
  readonly degraded: readonly string[];
}

/** What a configuration, once read, means for the loop; a reload replaces it whole. */
export interface Settings {
  readonly plan: PlanConfig;
  readonly pollPeriodMs: number;
  readonly source: MetadataSource;
}

export interface AgentPorts {
  readonly firewall: Firewall;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly record: RecordStore;
  readonly hooks: HookRunner;
  readonly reporter: Reporter;
  readonly newId: () => string;
}
