// The interfaces the loop needs of the world. Adapters are chosen by the command that runs the agent; tests bring fakes.
import type { Firewall } from '../firewall/firewall.ts';
import type { ConnectionCount, DestroyResult, PortRange, RulesetEvent } from '../firewall/ruleset.ts';
import type { AgentState, RecordedState } from './domain/agent-state.ts';
import type { Answer } from './domain/answer.ts';
import type { DrainRuleset } from './domain/desired-firewall.ts';
import type { DrainCount } from './domain/drain.ts';
import type { PlanConfig } from './domain/plan.ts';
import type { Prevailing } from './domain/prevailing.ts';
import type { SignalReadings } from './domain/signals.ts';
import type { Announcement } from './domain/step.ts';

export interface Clock {
  /** Milliseconds that never jump, the same for every process of one boot; they stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Milliseconds since the epoch, as the host believes. */
  wallMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface PollLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where the instance's own state is learned. */
export interface MetadataSource {
  /** One poll, within the limits as a whole. Whatever the network does, that is an answer too. */
  poll(limits: PollLimits): Promise<Answer>;
  /** The machine was asleep: credentials and connections held are worth nothing. */
  forgetSession(): void;
  /** What is known of the way to the API, without asking anybody. */
  describe(): SourceView;
}

export interface SourceView {
  /** The address that worked last. */
  readonly apiUrl: string | null;
  readonly group: string | null;
  readonly region: string | null;
  /** Which instance this is, by the context; null before that is known. */
  readonly instanceId: string | null;
  /** Since the context was last read; null before, and where it was given. */
  readonly contextAgeMs: number | null;
}

/** Where the other reasons to drain are learned. */
export interface SignalReader {
  /** One look at each source that is asked for. Not being able to is an answer too. */
  read(limits: PollLimits): Promise<SignalReadings>;
}

export interface RecordStore {
  save(record: RecordedState): void;
}

export interface HookTransition {
  /** Of the change that it belongs to. */
  readonly id: string;
  /** `drained`: the scripts of a drain's outcome, in the directory of that name; no state runs these. */
  readonly kind: 'state' | 'drained';
  /** A drain is under way: where scripts wait for its outcome, they still do. */
  readonly isDraining: boolean;
  readonly from: string;
  /** The new state, or `drained`. */
  readonly to: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Which scripts: those of a change, by its id, for its new state or for `drained`. */
export interface HooksKey {
  readonly change: string;
  readonly to: string;
}

export interface HookRunner {
  /** Returns at once; the scripts run one transition at a time. */
  submit(transition: HookTransition): void;
}

/** One poll that has ended. */
export interface Poll {
  readonly answer: Answer;
  readonly startedWallMs: number;
  readonly durationMs: number;
  readonly nextWallMs: number;
}

/** Everything the agent tells people; log, service manager, status, metrics and listeners stand behind it. */
export interface Reporter {
  /** What is told from now on belongs to this change. */
  changeBegan(id: string): void;
  polled(poll: Poll): void;
  announce(announcement: Announcement): void;
  tableInstalled(ruleset: DrainRuleset, restoring: string | null, by: RulesetEvent | null): void;
  tableRemoved(): void;
  /** `ports`: those that were counted, in the order of the counts. */
  connections(count: ConnectionCount, ports: readonly PortRange[]): void;
  /** What was left was to be closed. */
  connectionsClosed(result: DestroyResult): void;
  /** The lasting trouble of one part of the agent, or null when it has none. Only changes are told. */
  degraded(part: string, problem: string | null): void;
  /** The loop is about to wait; what it stands at. */
  settled(summary: Summary): void;
}

export interface Summary {
  readonly state: AgentState;
  readonly now: Prevailing;
  /** Whether the table is in place, as far as this process knows. */
  readonly refusing: boolean;
  /** Null while nothing is refused, or before the first count. */
  readonly count: DrainCount | null;
  readonly degraded: readonly string[];
}

/** Whoever starts the agent anew when its loop hangs. */
export interface Watchdog {
  /** The loop is about to wait, and is back within `withinMs` unless it hangs. Called by nothing else. */
  feed(withinMs: number): void;
}

/** What a configuration, once read, means for the loop; a reload replaces it whole. */
export interface Settings {
  readonly plan: PlanConfig;
  readonly pollPeriodMs: number;
  readonly source: MetadataSource;
  /** Null when no other source is asked for. */
  readonly signals: SignalReader | null;
}

export interface AgentPorts {
  readonly firewall: Firewall;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly record: RecordStore;
  readonly hooks: HookRunner;
  readonly reporter: Reporter;
  readonly watchdog: Watchdog;
  readonly newId: () => string;
}
