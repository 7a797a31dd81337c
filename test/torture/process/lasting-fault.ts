// A fault that lasts a while in the life of an agent: it holds what it knows, follows what it hears, tells of it once, and all
// is well when it is over.
import type { StartOptions } from '../../e2e/agent/scene.ts';
import { inWorld, type ProcessWorld, STANCES } from './process-world.ts';
import type { ProcessRow, Stance, Trial } from './trial.ts';

/** A period, what a busy machine may add. */
const FOLLOWS_WITHIN_MS = 1_000 + 1_500;
const ENDS_WITHIN_MS = 2_000;
const POLLS_HELD = 2;

/** A fault that has begun. */
export interface Ongoing {
  /** Ends it. */
  readonly heal: () => unknown;
  /** Resolves when what was broken works again; without it there is nothing to wait for. */
  readonly recovered?: () => Promise<void>;
  /** What else is wrong in the end. */
  readonly broken?: () => readonly string[] | Promise<readonly string[]>;
}

export interface LastingFault {
  readonly name: string;
  /** How the agent is started; what it needs is made here. */
  readonly prepare?: (world: ProcessWorld) => {
    readonly args?: readonly string[];
    readonly options?: StartOptions;
  };
  readonly inject: (world: ProcessWorld) => Ongoing | Promise<Ongoing>;
  /** Event and part of the lines that are promised, in order: `degraded record`. */
  readonly told: readonly string[];
  /** Longest recovery that is promised; a period unless told. */
  readonly withinMs?: number;
}

/** Once a change has been followed while it lasts, `isBrief` is content with the recovery. */
export function lastingRow(fault: LastingFault, { isBrief = false } = {}): ProcessRow {
  return {
    name: fault.name,
    stances: STANCES,
    withinMs: fault.withinMs ?? FOLLOWS_WITHIN_MS,
    attempt: (stance) => inWorld(stance, (world) => tryLasting(world, fault, isBrief)),
  };
}

async function tryLasting(world: ProcessWorld, fault: LastingFault, isBrief: boolean): Promise<Trial> {
  const { args = [], options = {} } = fault.prepare?.(world) ?? {};
  for (const state of ['draining', 'running']) world.scene.script(state, '10-trace', `echo "$1"`);
  await world.start(args, options);
  const { api } = world.scene;
  await api.further(2);
  const from = world.agent.log.lines.length;
  const table = await world.ruleset();
  const broken: string[] = [];
  let recoveryMs: number | null = null;
  const ongoing = await fault.inject(world);
  let isHealed = false;
  try {
    await api.further(isBrief ? 1 : POLLS_HELD);
    broken.push(...(await world.broken('while it lasts', table)));
    for (const state of [world.opposite, world.stance]) await followInTime(world, state);
    const healedMs = performance.now();
    isHealed = true;
    await ongoing.heal();
    if (ongoing.recovered !== undefined) {
      await ongoing.recovered();
      recoveryMs = Math.round(performance.now() - healedMs);
    }
    for (const state of isBrief ? [] : [world.opposite, world.stance]) await followInTime(world, state);
    await api.further(1);
    broken.push(...(await world.broken('afterwards')), ...((await ongoing.broken?.()) ?? []));
    const linesTold = () => world.told(from);
    await world.until('as many lines as promised', () => linesTold().length >= fault.told.length);
    const told = linesTold().map(({ event, part }) => [event, part].filter(Boolean).join(' '));
    if (told.join() !== fault.told.join()) broken.push(`lines: ${told.join(', ') || 'none'}`);
    broken.push(...(await world.stopped(ENDS_WITHIN_MS)));
  } catch (error) {
    broken.push(error instanceof Error ? error.message.slice(0, 500) : String(error));
  } finally {
    if (!isHealed) await ongoing.heal();
  }
  return { broken, recoveryMs };
}

async function followInTime(world: ProcessWorld, state: Stance): Promise<void> {
  const tookMs = Math.round(await world.follow(state));
  if (tookMs > FOLLOWS_WITHIN_MS) world.late.push(`${state} was followed after ${tookMs} ms`);
}
