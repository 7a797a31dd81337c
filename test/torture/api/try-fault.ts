// One fault, once: every promise that an agent keeps while it lasts and when it is over, and those that it broke.
import type { LogLine } from '../../fixtures/log-lines.ts';
import type { ApiWorld } from './api-world.ts';
import type { Fault, Heal } from './fault.ts';
import { type ProcessFigures, readFigures } from './process-figures.ts';

const PERIOD_MS = 1_000;
/** The deadline of a poll at the shortest period. */
const DEADLINE_MS = 3_000;
/** What a busy machine may add. */
const SLACK_MS = 1_000;
/** For how many polls a fault lasts once it was noticed, unless told. */
const POLLS_HELD = 2;
/** Of a second; a busy loop takes all of it, a poll some ten milliseconds. */
const MAX_CPU_SHARE = 0.3;
/** A refresh of everything at every poll: names, connections, and each of the services. */
const MAX_QUESTIONS_A_PERIOD = 16;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** How long a line is waited for that should have come long ago, so that it is known how late it is. */
const PATIENCE_MS = 20_000;

export interface Trial {
  /** What was promised and not kept, in words. */
  readonly broken: readonly string[];
  /** From healing to the line that says so; null where there was nothing to tell. */
  readonly recoveryMs: number | null;
}

/** Begins the fault, watches, ends it, watches. The world works before and, unless a promise was broken, afterwards. */
export async function tryFault(world: ApiWorld, fault: Fault, pollsHeld = POLLS_HELD): Promise<Trial> {
  const broken: string[] = [];
  const { log, pid } = world.agent;
  const [beganEvent, endedEvent] = fault.events ?? ['hold-began', 'hold-ended'];
  await world.polls(1);
  const before = { table: await world.table(), figures: readFigures(pid), questions: world.questions() };
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
    broken.push(...excess(before.figures, readFigures(pid)), ...busy(before, world));

    await heal();
    heal = () => undefined;
    const healedMs = performance.now();
    if (fault.line === null) {
      await world.polls(1);
    } else {
      const ended = await lineOf(world, endedEvent, from);
      recoveryMs = Math.round(performance.now() - healedMs);
      const boundMs = PERIOD_MS + (fault.hangs ? DEADLINE_MS : 0) + (fault.extraMs ?? 0) + SLACK_MS;
      if (ended === null) broken.push(`no ${endedEvent} within ${PATIENCE_MS} ms of healing`);
      else if (recoveryMs > boundMs) broken.push(`known again after ${recoveryMs} ms, more than ${boundMs}`);
    }
    await world.polls(1);
    await isPlace('afterwards');
    const told = log.lines.slice(from).filter(({ level }) => level !== 'debug');
    const expected = fault.line === null ? [] : [beganEvent, endedEvent];
    if (told.map(({ event }) => event).join() !== expected.join()) {
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
async function lineOf(world: ApiWorld, event: string, from: number): Promise<LogLine | null> {
  return await world.agent.log.waitFor(event, from, PATIENCE_MS).catch(() => null);
}

function excess(before: ProcessFigures, now: ProcessFigures): string[] {
  const share = (now.cpuMs - before.cpuMs) / (now.atMs - before.atMs);
  const grown = now.residentBytes - before.residentBytes;
  return [
    ...(share > MAX_CPU_SHARE ? [`${Math.round(share * 100)} % of a processor`] : []),
    ...(grown > MAX_GROWTH_BYTES ? [`${Math.round(grown / 2 ** 20)} MB more memory`] : []),
    ...(now.children > before.children ? [`${now.children} child processes`] : []),
  ];
}

/** No more questions than slots allow. */
function busy(
  before: { readonly figures: ProcessFigures; readonly questions: number },
  world: ApiWorld,
): string[] {
  const periods = Math.ceil((performance.now() - before.figures.atMs) / PERIOD_MS);
  const asked = world.questions() - before.questions;
  const most = (periods + 1) * MAX_QUESTIONS_A_PERIOD;
  return asked > most ? [`${asked} questions in ${periods} periods`] : [];
}
