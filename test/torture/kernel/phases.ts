// What an agent does with the kernel, in three phases; each is done once with one call spoiled, and held against the promises.
import type { LogLine } from '../../fixtures/log-lines.ts';
import { complaints, type FaultWorld, type Seen } from './fault-world.ts';
import type { Try } from './fault-row.ts';
import type { Fault } from './netlink-faults.ts';

export interface Phase {
  readonly name: string;
  /** Brings the world to where the phase begins, unspoiled. */
  readonly before: (world: FaultWorld) => Promise<void>;
  readonly act: (world: FaultWorld) => void;
  /** The log's line that says it is done. */
  readonly done: string;
  /** How often all ports together change. */
  readonly flips: number;
  /** How every attempt ends afterwards. */
  readonly outcome: string;
  readonly hasTable: boolean;
}

export const PERIOD_MS = 1_000;
/** What a busy machine takes to start a program and to log. */
const SLACK_MS = 750;
/** Longest wait for a line of the log; what takes longer than it may is told by its time. */
const SETTLE_MS = 15_000;

const CLOSED = { outcome: 'ECONNREFUSED', hasTable: true } as const;

export const START: Phase = {
  name: 'start and adopt',
  before: (world) => world.killAgents(),
  act: (world) => void world.start(),
  done: 'table-installed',
  flips: 0,
  ...CLOSED,
};

export const APPLY: Phase = {
  name: 'apply',
  before: async () => {},
  act: (world) => world.say('draining'),
  done: 'table-installed',
  flips: 1,
  ...CLOSED,
};

export const REMOVE: Phase = {
  name: 'remove',
  before: async () => {},
  act: (world) => world.say('running'),
  done: 'table-removed',
  flips: 1,
  outcome: 'connected',
  hasTable: false,
};

/**
 * Does the phase with its call number `at` spoiled, after which all must be well within a period. `expected` is the table of a
 * phase without a fault. Without such a call, what it took is counted from the begin.
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
  await world.startProbe();
  world.faults.arm(fault, at);
  const actedMs = monotonicMs();
  phase.act(world);
  const { log } = world.agent;
  const broken: string[] = [];
  try {
    await log.waitFor(phase.done, from, SETTLE_MS);
    // After it the table is watched and connections are counted: also calls of this phase.
    if (phase.hasTable) await log.waitFor(({ event }) => event?.startsWith('connections') === true, from);
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
  const table = await world.table();
  if (table !== (phase.hasTable ? expected : null)) broken.push(`the table is ${table ?? 'absent'}`);
  if (hit !== null) broken.push(...brokenByTime(recoveryMs, PERIOD_MS));
  if (broken.length > 0) broken.push(logOf(lines));
  return { call: hit?.call ?? null, recoveryMs, broken };
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

function brokenInLog(lines: readonly LogLine[]): string[] {
  const told = complaints(lines).length;
  const ended = lines.filter(({ event }) => event === 'recovered').length;
  return [
    ...(told > 1 ? [`${told} lines of trouble`] : []),
    ...(ended > 1 ? [`${ended} lines of its end`] : []),
    ...(lines.some(({ event }) => event === 'stopped') ? ['the agent ended'] : []),
  ];
}

/** What a person wants to see of a try that went wrong. */
export function logOf(lines: readonly LogLine[]): string {
  const shown = lines.filter(({ event }) => event !== 'polled');
  return shown
    .map(({ time, level, event, message }) => `    ${time} ${level} ${event}: ${message}`)
    .join('\n');
}
