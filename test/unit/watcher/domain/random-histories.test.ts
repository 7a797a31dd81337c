// Whatever happens in whatever order: random histories of answers, sources, leases, kernels, reloads and crashes against a model
// that says in a few lines when new connections are refused. A failure names its seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState, Desired, RecordedState } from '../../../../src/watcher/domain/agent-state.ts';
import type { Answer } from '../../../../src/watcher/domain/answer.ts';
import { isSameRuleset, type TableObservation } from '../../../../src/watcher/domain/desired-firewall.ts';
import type { DrainCount } from '../../../../src/watcher/domain/drain.ts';
import type { Lease } from '../../../../src/watcher/domain/lease.ts';
import { type PlanConfig, plan } from '../../../../src/watcher/domain/plan.ts';
import type { SignalReadings } from '../../../../src/watcher/domain/signals.ts';
import type { Step } from '../../../../src/watcher/domain/step.ts';
import { ABSENT, CONFIG, FRESH, IN_PLACE, known, RULESET, UNKNOWN } from './cycle.ts';

const HISTORIES = 600;
const MOMENTS = 80;
const OTHER_PORTS = { ...RULESET, ports: [{ first: 443, last: 443 }] };
const VERDICTS: Readonly<Record<string, Desired>> = {
  draining: 'refuse',
  stopping: 'refuse',
  running: 'open',
};

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** When new connections are to be refused: the promise, without anything of how it is kept. */
class Model {
  api: Desired = 'undetermined';
  isLeft = false;
  isSpot = false;
  lease: Lease | null = null;
  holdSinceMs: number | null = null;
  isExpired = false;

  hear(answer: Answer, config: PlanConfig, nowMs: number): void {
    const verdict = answer.kind === 'known' ? VERDICTS[answer.state] : undefined;
    if (answer.kind === 'known' && (answer.targetGroups ?? 0) > 0) this.decide('open', true);
    else if (verdict !== undefined) this.decide(verdict, false);
    else this.holdSinceMs ??= nowMs;
    this.pass(config, nowMs);
  }

  decide(verdict: Desired, isLeft: boolean): void {
    this.api = verdict;
    this.isLeft = isLeft;
    this.holdSinceMs = null;
    this.isExpired = false;
  }

  pass({ maxHoldMs }: PlanConfig, nowMs: number): void {
    if (this.holdSinceMs === null || this.isExpired || maxHoldMs === null) return;
    if (nowMs - this.holdSinceMs < maxHoldMs) return;
    this.isExpired = true;
    this.api = 'open';
  }

  /** Without a lease. */
  get real(): Desired {
    return this.isSpot && !this.isLeft ? 'refuse' : this.api;
  }

  get desired(): Desired {
    const { lease, real } = this;
    if (lease === null) return real;
    if (lease.kind === 'override') return lease.verdict === 'closed' ? 'refuse' : 'open';
    return this.isLeft ? real : (VERDICTS[lease.state] ?? real);
  }
}

interface Seen {
  readonly answer?: Answer;
  readonly signals?: SignalReadings;
  readonly lease?: Lease | null;
  readonly count?: DrainCount | null;
}

/** One host, with the agent's decisions carried out on it. */
class World {
  readonly #random: () => number;
  readonly model = new Model();
  config: PlanConfig;
  state: AgentState = FRESH;
  record: RecordedState | null = null;
  table: TableObservation = ABSENT;
  isWritable = true;
  nowMs = 0;
  wallOffsetMs = 1_000_000;
  /** The model's drain: since when, and whether its outcome was told. */
  drain: { sinceMs: number; outcome: string | null } | null = null;
  told: string | null = null;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.config = this.#anyConfig();
  }

  /** Something happens, the agent looks, and everything promised holds. */
  live(): void {
    this.nowMs += this.pick([0, 10, 1_000, 9_000, 30_000, 61_000]);
    this.wallOffsetMs += this.pick([0, 0, 0, 3_600_000, -3_600_000]);
    this.pick([
      () => this.#cycle({ answer: this.#anyAnswer() }),
      () => this.#cycle({ answer: this.#anyAnswer() }),
      () => this.#cycle({ signals: this.#anySignals() }),
      () => this.#cycle({ lease: this.#anyLease() }),
      () => this.#cycle({ answer: this.#anyAnswer(), signals: this.#anySignals(), lease: this.#anyLease() }),
      () => this.#cycle({ count: this.#anyCount() }),
      () => this.#cycle({ count: { left: 0, drained: true } }),
      () => this.#interfere(),
      () => this.#reload(),
      () => this.#die(),
    ])();
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }

  #anyConfig(): PlanConfig {
    return {
      ...CONFIG,
      ruleset: this.pick([RULESET, RULESET, OTHER_PORTS, null]),
      refuseDelayMs: this.pick([0, 0, 10_000]),
      drainTimeoutMs: this.pick([null, 60_000, 120_000]),
      onDrainTimeout: this.pick(['keep', 'close'] as const),
      maxHoldMs: this.pick([null, null, 60_000]),
    };
  }

  #anyAnswer(): Answer {
    const state = this.pick(['draining', 'stopping', 'running', 'running', 'quarantined', '../x']);
    return this.pick<Answer>([
      known(state),
      known(state),
      known(state),
      known(state, { targetGroups: 1 }),
      UNKNOWN,
      { kind: 'no-information', message: 'none' },
    ]);
  }

  #anySignals(): SignalReadings {
    return this.pick<SignalReadings>([
      { 'spot-interruption': { kind: 'drains', detail: 'noon' } },
      { 'spot-interruption': { kind: 'clear' } },
      { 'spot-interruption': { kind: 'unknown', reason: 'silent' } },
      {},
    ]);
  }

  #anyLease(): Lease | null {
    const times = { sinceWallMs: this.nowMs + 1 + this.#random(), untilWallMs: 0 };
    return this.pick<Lease | null>([
      null,
      null,
      { kind: 'override', verdict: 'closed', reason: 'x', ...times },
      { kind: 'override', verdict: 'open', reason: 'x', ...times },
      { kind: 'simulation', state: this.pick(['draining', 'running', 'strange']), ...times },
    ]);
  }

  #anyCount(): DrainCount | null {
    return this.pick([
      null,
      { left: 3, drained: false },
      { left: null, drained: false },
      { left: 0, drained: false },
    ]);
  }

  /** Somebody else at the firewall, or the kernel itself; the agent looks later. */
  #interfere(): void {
    this.isWritable = this.pick([true, true, false]);
    if (this.table.table === 'ours' && this.pick([true, false])) this.table = ABSENT;
    this.#cycle({});
  }

  /** As `Agent.reload` does. */
  #reload(): void {
    const before = this.config.ruleset;
    this.config = this.#anyConfig();
    const after = this.config.ruleset;
    const isSame = before !== null && after !== null && isSameRuleset(before, after);
    if (!isSame) this.state = { ...this.state, adopted: false };
    this.#cycle({});
  }

  /** The agent dies, perhaps between what it does to the firewall and the record of it, and starts again. */
  #die(): void {
    if (this.pick([true, false])) this.#cycle({ answer: this.#anyAnswer() }, 'dies before the record');
    const { model, record, table } = this;
    const wasLeased = record?.isTableLeased === true;
    this.state = adopt(record, table);
    model.api = record?.desired ?? 'undetermined';
    if (wasLeased && model.api === 'undetermined') model.api = 'open';
    Object.assign(model, { lease: null, holdSinceMs: null, isExpired: false });
    model.isLeft = record?.open?.because === 'target-groups';
    model.isSpot = record?.reasons.some(({ source }) => source === 'spot-interruption') ?? false;
    const isOurs = record !== null && table.table === 'ours' && !wasLeased;
    if (isOurs && model.real !== 'refuse') Object.assign(model, { api: 'refuse', isLeft: false });
    this.told = record?.instanceState ?? null;
    this.drain =
      record?.drain == null
        ? null
        : { sinceMs: record.drain.sinceMonotonicMs, outcome: record.drain.outcome };
    this.#cycle({});
  }

  #cycle(seen: Seen, end: 'lives' | 'dies before the record' = 'lives'): void {
    const wasReal = this.model.real === 'refuse';
    this.#follow(seen);
    this.#followDrain(wasReal);
    const wasInPlace = this.#isInPlace();
    const { answer = null, signals = null, lease = this.model.lease, count = null } = seen;
    const clocks = { monotonicMs: this.nowMs, wallMs: this.nowMs + this.wallOffsetMs };
    const observation = { answer, signals, lease, count, table: this.table, ...clocks };
    const { next, steps } = plan(this.state, observation, this.config);
    this.state = next;
    for (const step of steps)
      if (end === 'lives' || step.kind.endsWith('-ruleset')) this.#perform(step, seen, wasInPlace);
    if (end !== 'lives') return;
    this.#expectPromises();
    const again = plan(
      this.state,
      { ...observation, answer: null, signals: null, table: this.table },
      this.config,
    );
    if (this.isWritable) {
      const repeated = again.steps.filter(({ kind }) => kind !== 'announce').map(({ kind }) => kind);
      // Only the end of the drain may come of the same moment seen twice: the table is right by now.
      const isSettled = again.next.drain?.outcome !== this.state.drain?.outcome;
      if (!isSettled) assert.deepEqual(repeated, [], 'the same moment again asks for nothing');
    }
  }

  #follow({ answer, signals, lease }: Seen): void {
    const { model, config, nowMs } = this;
    const before = model.desired;
    if (answer === undefined) model.pass(config, nowMs);
    else model.hear(answer, config, nowMs);
    const spot = signals?.['spot-interruption'];
    if (signals !== undefined && spot?.kind !== 'unknown') model.isSpot = spot?.kind === 'drains';
    if (lease !== undefined) model.lease = lease;
    if (before === 'refuse' && model.desired === 'undetermined') model.api = 'open';
  }

  /** A drain begins when connections come to be refused, and anew when a rehearsal becomes real. */
  #followDrain(wasReal: boolean): void {
    const { model } = this;
    const isReal = model.real === 'refuse';
    if (model.desired !== 'refuse') this.drain = null;
    else if (this.drain === null || (isReal && !wasReal)) this.drain = { sinceMs: this.nowMs, outcome: null };
  }

  #isInPlace(): boolean {
    const { table, config } = this;
    if (table.table !== 'ours' || table.ruleset === null || config.ruleset === null) return false;
    return isSameRuleset({ ...table.ruleset, closing: false }, config.ruleset);
  }

  #perform(step: Step, { count }: Seen, wasInPlace: boolean): void {
    const { drain, nowMs, config } = this;
    const lastedMs = drain === null ? -1 : nowMs - drain.sinceMs;
    switch (step.kind) {
      case 'apply-ruleset':
        if (step.ruleset.closing) this.#expectOverdue();
        if (this.isWritable) this.table = { ...IN_PLACE, ruleset: step.ruleset } as TableObservation;
        else this.state = { ...this.state, adopted: false };
        return;
      case 'remove-ruleset':
        if (this.isWritable) this.table = ABSENT;
        else this.state = { ...this.state, adopted: false };
        return;
      case 'close-connections':
        this.#expectOverdue();
        return;
      case 'run-drained-hooks':
        assert.ok(drain !== null && drain.outcome === null, 'an outcome once in a drain');
        if (step.outcome === 'complete') assert.ok(count?.drained && wasInPlace, 'drained behind its table');
        else
          assert.ok(
            config.drainTimeoutMs !== null && lastedMs >= config.drainTimeoutMs,
            'not before the deadline',
          );
        drain.outcome = step.outcome;
        return;
      case 'run-hooks':
        assert.equal(step.from, this.told ?? 'unknown', 'scripts hear where they left off');
        assert.notEqual(step.from, step.to);
        return;
      case 'record':
        this.record = step.record;
        return;
      case 'announce':
        if (step.announcement.event === 'state-changed') this.told = step.announcement.to;
    }
  }

  #expectOverdue(): void {
    const { drain, config } = this;
    // A reload may put the deadline off: the time-out that was told stands.
    const isOver =
      drain?.outcome === 'timeout' ||
      (drain !== null &&
        config.drainTimeoutMs !== null &&
        this.nowMs - drain.sinceMs >= config.drainTimeoutMs);
    assert.ok(
      isOver && config.onDrainTimeout === 'close',
      'closed only after the deadline, and when asked for',
    );
  }

  #expectPromises(): void {
    const { model, drain, config, table } = this;
    assert.equal(this.state.drain?.sinceMonotonicMs ?? null, drain?.sinceMs ?? null, 'the same drain');
    assert.equal(this.state.drain?.outcome ?? null, drain?.outcome ?? null);
    // Before anything is known, a table that is there is left there.
    if (!this.isWritable || model.desired === 'undetermined') return;
    const isDue = drain !== null && this.nowMs - drain.sinceMs >= config.refuseDelayMs;
    if (model.desired === 'refuse' && config.ruleset !== null) {
      if (isDue) assert.ok(this.#isInPlace(), 'new connections are refused');
      return;
    }
    assert.notEqual(table.table, 'ours', 'new connections are accepted');
  }
}

test(`${HISTORIES} random histories keep every promise`, () => {
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const world = new World(seed);
    for (let moment = 1; moment <= MOMENTS; moment++) {
      try {
        world.live();
      } catch (error) {
        throw new Error(`seed ${seed}, moment ${moment}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
});
