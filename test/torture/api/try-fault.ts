// One fault, once: every promise that an agent keeps while it lasts and when it is over, and those that it broke.
import { setTimeout } from 'node:timers/promises';
import type { LogLine } from '../../fixtures/log-lines.ts';
import type { ApiWorld, Questions } from './api-world.ts';
import type { Fault, Heal } from './fault.ts';
import { type ProcessFigures, readFigures, resetPeak } from './process-figures.ts';

const PERIOD_MS = 1_000;
/** The deadline of a poll at the shortest period. */
const DEADLINE_MS = 3_000;
/** What a busy machine may add. */
const SLACK_MS = 2_000;
/** For how many polls a fault lasts once it was noticed, unless told. */
const POLLS_HELD = 2;
/** Of a second; a busy loop takes all of it, a poll some ten milliseconds. */
const MAX_CPU_SHARE = 0.3;
/** A poll tries two addresses or twice with other keys, each over a new connection; what it asks for is read anew every time. */
const MAX_QUESTIONS_A_PERIOD: Questions = { api: 4, names: 8, services: 12 };
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** Kept connections, and one that is just being given up. */
const MAX_MORE_DESCRIPTORS = 6;
/** How long a line is waited for that should have come long ago, so that it is known how late it is. */
const PATIENCE_MS = 30_000;

export interface Trial {
  /** What was promised and not kept, in words. */
  readonly broken: readonly string[];
  /** From healing to the line that says so; null where there was nothing to tell. */
  readonly recoveryMs: number | null;
}

export interface TrialOptions {
  /** Instead of the fault's own. */
  readonly pollsHeld?: number;
  /** Whether recovery and processor time are judged, which a machine that others use cannot promise. */
  readonly isTimed?: boolean;
}

/** Begins the fault, watches, ends it, watches. The world works before and, unless a promise was broken, afterwards. */
export async function tryFault(
  world: ApiWorld,
  fault: Fault,
  { pollsHeld = fault.pollsHeld ?? POLLS_HELD, isTimed = true }: TrialOptions = {},
): Promise<Trial> {
  const broken: string[] = [];
  const { log, pid } = world.agent;
  const [beganEvent, endedEvent] = fault.events ?? ['hold-began', 'hold-ended'];
  resetPeak(pid);
  const before = {
    table: await world.table(),
    figures: readFigures(pid),
    questions: world.questions(),
    files: world.files(),
    strangers: world.strangers().length,
  };
  const from = log.lines.length;
  const isPlace = async (when: string): Promise<void> => {
    const [table, outcome] = [await world.table(), await world.probe.outcome()];
    const promised = world.stance === 'draining' ? 'refused' : 'let-in';
    if (table !== before.table) broken.push(`${when}: the table changed from ${before.table} to ${table}`);
    if (outcome !== promised) broken.push(`${when}: a client is ${outcome}, not ${promised}`);
  };

  let heal: Heal = await fault.inject(world);
  let recoveryMs: number | null = null;
  try {
    if (fault.line !== null) {
      const began = await lineOf(world, beganEvent, from);
      if (began === null) broken.push(`no ${beganEvent} within ${PATIENCE_MS} ms`);
      else if (!fault.line.test(String(began.message))) broken.push(`its line is: ${began.message}`);
    }
    if (pollsHeld > 0) await world.polls(pollsHeld);
    await isPlace('while it lasts');
    // So that it ends in the middle of a poll, which then goes on to its deadline.
    if (isTimed && fault.hangs) await setTimeout(DEADLINE_MS / 2);

    const ending = heal;
    heal = () => undefined;
    await ending();
    const healedMs = performance.now();
    if (fault.line !== null) {
      const ended = await lineOf(world, endedEvent, from, fault.extraMs);
      recoveryMs = Math.round(performance.now() - healedMs);
      const boundMs = PERIOD_MS + (fault.hangs ? DEADLINE_MS : 0) + (fault.extraMs ?? 0) + SLACK_MS;
      if (ended === null) broken.push(`no ${endedEvent} within ${PATIENCE_MS} ms of healing`);
      else if (isTimed && recoveryMs > boundMs)
        broken.push(`known again after ${recoveryMs} ms, more than ${boundMs}`);
    }
    await world.polls(1);
    await isPlace('afterwards');
    const now = readFigures(pid);
    broken.push(...excess(before.figures, now), ...asked(before, world));
    if (isTimed) broken.push(...busy(before.figures, now));
    if (world.files() !== before.files) broken.push(`files: ${world.files()}, not ${before.files}`);
    if (world.strangers().length > before.strangers) broken.push(`asked for: ${world.strangers().join()}`);
    const told = log.lines.slice(from).filter(({ level }) => level !== 'debug');
    const expected = [...(fault.line === null ? [] : [beganEvent, endedEvent]), ...(fault.alsoTold ?? [])];
    if (
      told
        .map(({ event }) => event)
        .sort()
        .join() !== expected.sort().join()
    ) {
      broken.push(`lines: ${told.map(({ event, message }) => `${event}: ${message}`).join(' | ') || 'none'}`);
    }
  } catch (error) {
    broken.push(error instanceof Error ? error.message.slice(0, 500) : String(error));
  } finally {
    await heal();
  }
  return { broken, recoveryMs };
}

/** Null when it does not come. */
async function lineOf(world: ApiWorld, event: string, from: number, extraMs = 0): Promise<LogLine | null> {
  return await world.agent.log.waitFor(event, from, PATIENCE_MS + extraMs).catch(() => null);
}

function excess(before: ProcessFigures, now: ProcessFigures): string[] {
  const grown = now.peakBytes - before.residentBytes;
  const more = now.descriptors - before.descriptors;
  return [
    ...(grown > MAX_GROWTH_BYTES ? [`${Math.round(grown / 2 ** 20)} MB more memory`] : []),
    ...(more > MAX_MORE_DESCRIPTORS ? [`${more} more descriptors`] : []),
    ...(now.children > before.children ? [`${now.children} child processes`] : []),
  ];
}

function busy(before: ProcessFigures, now: ProcessFigures): string[] {
  const share = (now.cpuMs - before.cpuMs) / (now.atMs - before.atMs);
  return share > MAX_CPU_SHARE ? [`${Math.round(share * 100)} % of a processor`] : [];
}

/** No more questions than slots allow. */
function asked(
  before: { readonly figures: ProcessFigures; readonly questions: Questions },
  world: ApiWorld,
): string[] {
  const periods = Math.ceil((performance.now() - before.figures.atMs) / PERIOD_MS);
  const now = world.questions();
  return (['api', 'names', 'services'] as const).flatMap((kind) => {
    const count = now[kind] - before.questions[kind];
    const most = (periods + 1) * MAX_QUESTIONS_A_PERIOD[kind];
    return count > most ? [`${count} questions to ${kind} in ${periods} periods`] : [];
  });
}
