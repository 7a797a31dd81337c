// What an agent does with the kernel, in phases; each is done once with one call spoiled, and held against the promises.
import type { LogLine } from '../../fixtures/log-lines.ts';
import type { Mode } from '../../e2e/packets/drain-host.ts';
import { complaints, type FaultWorld, type Seen } from './fault-world.ts';
import type { Try } from './fault-row.ts';
import type { Fault } from './netlink-faults.ts';
import type { PortList } from './port-lists.ts';

export interface Phase {
  readonly name: string;
  /** Brings the world to where the phase begins, unspoiled. */
  readonly before: (world: FaultWorld) => Promise<void>;
  readonly act: (world: FaultWorld) => void | Promise<void>;
  /** The log's line that says it is done: its event, or what it must satisfy. */
  readonly done: string | ((line: LogLine) => boolean);
  /** How often all ports together change. */
  readonly flips: number;
  /** How every attempt ends afterwards. */
  readonly outcome: string;
  readonly hasTable: boolean;
  /** Whether connections are counted anew, which is a part of the phase. */
  readonly counts: boolean;
  /** What takes the other list's place while the ports are refused: `flips` and `outcome` are those of the usual list's ports. */
  readonly list?: PortList;
}

export const PERIOD_MS = 1_000;
/** What a busy machine takes to start a program and to log. */
const SLACK_MS = 750;
/** Longest wait for a line of the log, on any machine; what takes longer than it may is told by its time. */
export const SETTLE_MS = 30_000;
/** After 20 within a minute an agent lets a period pass before each. */
const MOST_RESTORATIONS = 15;

const CLOSED = { outcome: 'ECONNREFUSED', hasTable: true } as const;

export const START: Phase = {
  name: 'start and adopt',
  before: (world) => world.killAgents(),
  act: (world) => void world.start(),
  done: 'table-installed',
  flips: 0,
  counts: true,
  ...CLOSED,
};

export const APPLY = {
  name: 'apply',
  before: async () => {},
  act: (world) => world.say('draining'),
  done: 'table-installed',
  flips: 1,
  counts: true,
  ...CLOSED,
} satisfies Phase;

export const REMOVE = {
  name: 'remove',
  before: async () => {},
  act: (world) => world.say('running'),
  done: 'table-removed',
  flips: 1,
  outcome: 'connected',
  hasTable: false,
  counts: false,
} satisfies Phase;

/** Other ports while refusing: those of both lists stay closed, the others close and open in one moment. */
const replaceBy = (list: PortList, outcome: string) =>
  ({
    name: `replace, by the ${list} ports`,
    before: (world) => world.learnTables(),
    act: (world) => world.replace(list),
    // What was there may be what the agent before left half done.
    done: ({ event }) => event === 'table-installed' || event === 'table-restored',
    flips: 1,
    outcome,
    hasTable: true,
    counts: true,
    list,
  }) satisfies Phase;

export const REPLACE: readonly Phase[] = [
  replaceBy('other', 'connected'),
  replaceBy('usual', 'ECONNREFUSED'),
];

/** Another program changes our table, or, where the table is owned and only we can, one of its own; the ports stay closed. */
export const HEAR: Readonly<Record<Mode, Phase>> = {
  plain: {
    name: 'hear of a change and put the table back',
    before: forgetRestorations,
    act: (world) => world.nft('add element inet cs-instance-watcher ports { 9999 }'),
    done: 'table-restored',
    flips: 0,
    counts: false,
    ...CLOSED,
  },
  owned: {
    name: "hear of another table's change and look",
    before: async () => {},
    async act(world) {
      await world.nft('add table inet another; delete table inet another');
      // There is nothing to tell: it has looked at the table once more, and counted.
      await world.api.further(2);
    },
    done: 'polled',
    flips: 0,
    counts: false,
    ...CLOSED,
  },
};

/** A new drain, when this one has seen many restorations. */
async function forgetRestorations(world: FaultWorld): Promise<void> {
  const { lines } = world.agent.log;
  const sinceDrain = lines.slice(lines.findLastIndex(({ event }) => event === 'table-removed') + 1);
  if (sinceDrain.filter(({ event }) => event === 'table-restored').length < MOST_RESTORATIONS) return;
  await world.open();
  await world.refuse();
}

/**
 * Does the phase with its call number `at` spoiled, and waits until all is well again. `expected` is the table of a phase without
 * a fault. Without such a call, what it took is counted from the begin.
 */
export async function tryPhase(
  world: FaultWorld,
  phase: Phase,
  fault: Fault,
  at: number,
  expected: string | null,
): Promise<Try> {
  await phase.before(world);
  const isStart = phase === START;
  const from = isStart ? 0 : world.agent.log.lines.length;
  const handle = await world.tableHandle();
  await startProbe(world, phase);
  world.faults.arm(fault, at);
  const actedMs = monotonicMs();
  await phase.act(world);
  const { log } = world.agent;
  const broken: string[] = [];
  try {
    await log.waitFor(phase.done, from, SETTLE_MS);
    // After it the table is watched and connections are counted: also calls of this phase.
    if (phase.counts)
      await log.waitFor(({ event }) => event?.startsWith('connections') === true, from, SETTLE_MS);
    await allRecovered(world, phase, from);
  } catch (error) {
    broken.push(`not as it should be in time: ${(error as Error).message.split('\n')[0]}`);
  }
  const { hit } = world.faults;
  const recoveryMs = monotonicMs() - (hit?.atMs ?? actedMs);
  world.faults.disarm();
  const seen = await world.stopProbe();
  const lines = log.lines.slice(from);
  broken.push(...brokenBy(seen, phase), ...brokenInLog(lines), ...(await world.talk()));
  broken.push(...(await brokenByTable(world, phase, expected, handle)));
  return { call: hit?.call ?? null, recoveryMs, broken, log: logOf(lines) };
}

/** Begins to probe what the phase changes. */
export function startProbe(world: FaultWorld, { list }: Phase): Promise<void> {
  return world.startProbe(list === undefined ? 'usual' : 'both');
}

/**
 * Whether the table is what the phase leaves: `expected` is the one of the usual ports. One that is replaced while it refuses
 * keeps its handle, the one it had `before`: a new table lets a SYN through, but so seldom that a probe may miss it.
 */
export async function brokenByTable(
  world: FaultWorld,
  { hasTable, list }: Phase,
  expected: string | null,
  before: number | undefined,
): Promise<string[]> {
  const right = list === undefined ? expected : world.tableOf(list);
  const [table, handle] = [await world.table(), await world.tableHandle()];
  return [
    ...(table === (hasTable ? right : null) ? [] : [`the table is ${table ?? 'absent'}`]),
    ...(list === undefined || handle === before ? [] : ['the table is another one']),
  ];
}

/** CLOCK_MONOTONIC. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Waits until every part that was degraded works again, and what could not be counted is. */
async function allRecovered({ agent }: FaultWorld, { hasTable }: Phase, from: number): Promise<void> {
  const { log } = agent;
  for (let at = from; at < log.lines.length; at++) {
    const { event, part } = log.lines[at]!;
    if (event === 'degraded')
      await log.waitFor((line) => line.event === 'recovered' && line.part === part, at, SETTLE_MS);
    // Nobody counts once the drain has ended.
    if (event === 'connections-unknown' && hasTable) await log.waitFor('connections', at, SETTLE_MS);
  }
}

/** What took longer than it may, on a machine that has other things to do. */
export function brokenByTime(tookMs: number, withinMs: number): string[] {
  return tookMs > withinMs + SLACK_MS ? [`took ${Math.round(tookMs)} ms`] : [];
}

export function brokenBy(
  { flips, outcomes, strange }: Seen,
  phase: Pick<Phase, 'flips' | 'outcome'>,
): string[] {
  return [
    ...(flips === phase.flips ? [] : [`the ports changed ${flips} times`]),
    ...(outcomes.join() === phase.outcome ? [] : [`in the end: ${outcomes.join()}`]),
    ...strange.map((outcome) => `an attempt ended with ${outcome}`),
  ];
}

/**
 * Not lines of the fault: that the table was put back, that the API, which shares the machine, took long to answer, and that the
 * agent before was ended before it had looked for its scripts.
 */
const OTHERS: readonly unknown[] = ['table-restored', 'hold-began', 'hook-interrupted'];

/** Lines of a fault that an operator should look at. */
export function troubles(lines: readonly LogLine[]): readonly LogLine[] {
  return complaints(lines).filter(({ event }) => !OTHERS.includes(event));
}

export function brokenInLog(lines: readonly LogLine[]): string[] {
  const told = troubles(lines).length;
  // Of what began here: the end of what the try before left may come late.
  const ended = lines.filter(
    ({ event, part }, at) =>
      event === 'recovered' &&
      lines.slice(0, at).some((line) => line.event === 'degraded' && line.part === part),
  ).length;
  return [
    ...(told > 1 ? [`${told} lines of trouble`] : []),
    ...(ended > 1 ? [`${ended} lines of its end`] : []),
    ...(lines.some(({ event }) => event === 'stopped') ? ['the agent ended'] : []),
    // The world's connections last: a count that failed must not be taken for none.
    ...(lines.some(({ event }) => event === 'drained') ? ['drained, with connections left'] : []),
  ];
}

/** What a person wants to see of a try that went wrong. */
export function logOf(lines: readonly LogLine[]): string {
  const shown = lines.filter(({ event }) => event !== 'polled');
  return shown
    .map(({ time, level, event, message }) => `    ${time} ${level} ${event}: ${message}`)
    .join('\n');
}
