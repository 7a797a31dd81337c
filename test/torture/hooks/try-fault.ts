// One fault, once: every promise that an agent keeps while scripts misbehave and when that is over, and those that it broke.
import { readFileSync, writeFileSync } from 'node:fs';
import type { LogLine } from '../../fixtures/log-lines.ts';
import { LogSchemaCheck } from '../../fixtures/log-schema.ts';
import { type ProcessFigures, readFigures } from '../api/process-figures.ts';
import { type Fault, type Injected, otherThan, type State } from './fault.ts';
import type { HookWorld } from './hook-world.ts';
import type { Latencies } from './latencies.ts';

const PERIOD_MS = 1_000;
/** Between two polls; a slot that is missed makes it two periods. */
const MAX_GAP_MS = 1.5 * PERIOD_MS;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** Of a trial in which nothing is printed. */
const QUIET_LOG_BYTES = 32 * 1024;

/** What even a busy machine does within. */
const PATIENCE_MS = 60_000;

const SCHEMA = new LogSchemaCheck();

export interface Trial {
  /** What was promised and not kept, in words. */
  readonly broken: readonly string[];
  /** What came later than it may; a busy machine can be why. */
  readonly late: readonly string[];
  /** By how much the firewall was later than without a fault, ms; null when it came to no change. */
  readonly addedMs: number | null;
  readonly worstGapMs: number;
}

/** What a trial is held against. */
export interface Before {
  readonly lines: number;
  readonly polls: number;
  readonly figures: ProcessFigures;
  readonly files: string;
}

/**
 * Goes over to `state`, whose scripts the fault is in, and while they run back again. Ends in the other state, without scripts.
 */
export async function tryFault(
  world: HookWorld,
  fault: Fault,
  state: State,
  latencies: Latencies,
): Promise<Trial> {
  const other = otherThan(state);
  const { log } = world.agent;
  const broken: string[] = [];
  const late: string[] = [];
  let addedMs: number | null = null;
  let injected: Injected = {};
  if (world.state === state) {
    const { change, tookMs } = await world.flip(other);
    latencies.addSound(other, tookMs);
    await world.completed(change);
  }
  const before = look(world);
  world.script(other, '10-plain', 'true');
  try {
    injected = await fault.inject(world, state);
    const entered = await world.flip(state);
    latencies.addSound(state, entered.tookMs);
    const isFirst = ({ event }: LogLine): boolean =>
      ['hook-started', 'hook-refused', 'hook-completed'].includes(String(event));
    await log.waitFor(
      (line) =>
        (fault.begun ?? isFirst)(line) && (fault.begun !== undefined || line.change === entered.change),
      before.lines,
      PATIENCE_MS,
    );
    const left = await world.flip(other);
    addedMs = latencies.addFaulty(other, left.tookMs);
    late.push(...latencies.late(addedMs));
    await injected.release?.();
    await world.completed(entered.change);
    await world.completed(left.change);
    await world.api.further(1);
    if (!world.marks().includes(`${left.change} ${world.scripts(other)}/10-plain`))
      broken.push('the scripts of the next change did not run');
    broken.push(...((await injected.broken?.()) ?? []));
    broken.push(...brokenSince(world, before, fault));
    if ((await world.hasTable()) !== (other === 'draining')) broken.push('the table is not as it should be');
  } catch (error) {
    broken.push(firstLine(error));
  } finally {
    await injected.release?.();
    await injected.clear?.();
    world.clear(state);
    world.clear(other);
  }
  const worstGapMs = gapBetweenPolls(world, before);
  return { broken, late: [...late, ...lateBetweenPolls(worstGapMs)], addedMs, worstGapMs };
}

/** The world before a trial; the peak of the agent's memory is counted anew. */
export function look(world: HookWorld): Before {
  const { pid, log } = world.agent;
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return {
    lines: log.lines.length,
    polls: world.api.polls.length,
    figures: readFigures(pid),
    files: world.files(),
  };
}

/** The longest time between two polls, the last one before the trial included, ms. */
export function gapBetweenPolls(world: HookWorld, before: Before): number {
  const arrivals = world.api.polls.slice(before.polls - 1).map(({ atMs }) => atMs);
  return Math.max(0, ...arrivals.slice(1).map((atMs, index) => atMs - arrivals[index]!));
}

export function lateBetweenPolls(worstGapMs: number): string[] {
  return worstGapMs > MAX_GAP_MS ? [`${Math.round(worstGapMs)} ms between two polls`] : [];
}

/** What an agent whose scripts have all ended should have kept. */
export function brokenSince(world: HookWorld, before: Before, { told, logBytes = 0 }: Fault): string[] {
  const { pid, log } = world.agent;
  const now = readFigures(pid);
  const grownBytes = peakBytes(pid) - before.figures.residentBytes;
  const lines = log.lines.slice(before.lines);
  const bytes = lines.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
  const strays = lines.filter(({ level }) => level === undefined);
  return [
    ...brokenInMarks(world.marks()),
    ...brokenInWords(lines, told),
    ...(bytes > QUIET_LOG_BYTES + logBytes ? [`${bytes} bytes of log`] : []),
    ...strays.map(({ message }) => `a line that is no record: ${String(message).slice(0, 200)}`),
    ...lines.flatMap((line) => (line.level === undefined ? [] : SCHEMA.problems(line))),
    ...(now.children === 0 ? [] : [`${now.children} child processes are left`]),
    ...(now.descriptors <= before.figures.descriptors
      ? []
      : [`${now.descriptors} descriptors, not ${before.figures.descriptors}`]),
    ...(grownBytes <= MAX_GROWTH_BYTES
      ? []
      : [`${Math.round(grownBytes / 2 ** 20)} MB more memory at its peak`]),
    ...(world.files() === before.files ? [] : [`files: ${world.files()} instead of ${before.files}`]),
    ...(world.watch.isLost ? ['an established connection was broken'] : []),
  ];
}

/** A script has run twice for a change. */
export function brokenInMarks(marks: readonly string[]): string[] {
  return marks.filter((mark, index) => marks.indexOf(mark) !== index).map((mark) => `ran again: ${mark}`);
}

/** Every complaint is one that was to be told, and each of these has been. A poll that was late is counted as that. */
function brokenInWords(lines: readonly LogLine[], told: readonly RegExp[]): string[] {
  const complaints = lines
    .filter(({ level }) => level === 'warn' || level === 'error')
    .filter(({ event }) => event !== 'hook-completed' && event !== 'hold-began')
    .map(({ message }) => String(message));
  return [
    ...told
      .filter((words) => !complaints.some((one) => words.test(one)))
      .map((words) => `not told: ${words}`),
    ...complaints.filter((one) => !told.some((words) => words.test(one))).map((one) => `told: ${one}`),
  ];
}

/** Without the whole log below it. */
export function firstLine(error: unknown): string {
  return String(error).split('\n')[0]!;
}

function peakBytes(pid: number): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(peak?.[1]) * 1024;
}
