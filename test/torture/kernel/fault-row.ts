// A fault as a row of a table: what is injected, what must hold all the same, and how a row is tried and counted.
import type { Mode } from '../../e2e/packets/drain-host.ts';
import type { Row } from '../row.ts';
import { FaultWorld } from './fault-world.ts';
import { brokenByTime } from './phases.ts';
import type { Programs } from './programs.ts';

/** One try of a fault. */
export interface Try {
  /** What was spoiled; null when there was nothing to spoil any more: the row's end. */
  readonly call: string | null;
  /** From the fault until all was as it should be. */
  readonly recoveryMs: number;
  /** The promises that did not hold, in words. */
  readonly broken: readonly string[];
  /** What the agent wrote meanwhile, for whoever wants to know why. */
  readonly log?: string;
}

export interface FaultRow {
  readonly name: string;
  readonly promise: string;
  /** Longest recovery that is promised: for a machine with nothing else to do, so that only `tryRow` holds it against it. */
  readonly withinMs?: number;
  /** One try for each of some hundred calls: where there is no time for all, a sample is taken. */
  readonly isLong?: boolean;
  /** From a new world to where the first try begins; resolves with the table as it is without a fault. */
  readonly prepare: (world: FaultWorld) => Promise<string | null>;
  /** Try number `at`, from 1 on; ends where the next one can begin. */
  readonly inject: (world: FaultWorld, at: number, expected: string | null) => Promise<readonly Try[]>;
}

/** Which tries of a row: `from`, `from + step`, ... up to `to`. */
export interface Sample {
  readonly from: number;
  readonly step: number;
  readonly to: number;
}

/** Tries a row in a world of its own, a new one after each broken promise, which `complain` hears of. */
export async function tryRow(
  row: FaultRow,
  mode: Mode,
  programs: Programs,
  { from, step, to }: Sample,
  complain: (what: string) => void,
): Promise<Row> {
  const tries: Try[] = [];
  let world: FaultWorld | null = null;
  let expected: string | null = null;
  try {
    for (let at = from; at <= to; at += step) {
      if (world === null) {
        world = await FaultWorld.create(mode, programs);
        expected = await row.prepare(world);
      }
      const tried = await row.inject(world, at, expected).catch(gaveUp);
      const these = tried.map((one) => withTime(one, row.withinMs));
      for (const { call, broken, log } of these.filter(isBroken))
        complain(
          [
            `${row.name}, table ${mode}, try ${at}, ${call}:`,
            ...broken.map((what) => `  ${what}`),
            log ?? '',
          ].join('\n'),
        );
      tries.push(...these.filter((one) => one.call !== null || isBroken(one)));
      if (these.some(isBroken)) {
        await world.close();
        world = null;
      } else if (these.every(({ call }) => call === null)) {
        if (tries.length > 0 || at === 1) break;
        // The sample begins behind the last call: the first one stands for all.
        at = 1 - step;
      }
    }
  } finally {
    await world?.close();
  }
  return {
    fault: row.name,
    times: tries.length,
    broken: tries.filter(isBroken).length,
    worstRecoveryMs: Math.ceil(Math.max(0, ...tries.map(({ recoveryMs }) => recoveryMs))),
  };
}

/** What nobody foresaw is a promise broken: it must not pass for a try without one. */
function gaveUp(error: Error): readonly Try[] {
  return [{ call: null, recoveryMs: 0, broken: [error.stack ?? error.message] }];
}

function isBroken({ broken }: Try): boolean {
  return broken.length > 0;
}

function withTime(one: Try, withinMs: number | undefined): Try {
  if (one.call === null || withinMs === undefined) return one;
  return { ...one, broken: [...one.broken, ...brokenByTime(one.recoveryMs, withinMs)] };
}
