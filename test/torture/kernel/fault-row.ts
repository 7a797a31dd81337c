// A fault as a row of a table: what is injected, what must hold all the same, and how a row is tried and counted.
import type { Mode } from '../../e2e/packets/drain-host.ts';
import type { Row } from '../row.ts';
import { FaultWorld } from './fault-world.ts';
import type { Programs } from './programs.ts';

/** One try of a fault. */
export interface Try {
  /** What was spoiled; null when there was nothing to spoil any more: the row's end. */
  readonly call: string | null;
  /** From the fault until all was as it should be. */
  readonly recoveryMs: number;
  /** The promises that did not hold, in words. */
  readonly broken: readonly string[];
}

export interface FaultRow {
  readonly name: string;
  readonly promise: string;
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
  const fault = `${row.name}, table ${mode}`;
  const tries: Try[] = [];
  let world: FaultWorld | null = null;
  let expected: string | null = null;
  try {
    for (let at = from; at <= to; at += step) {
      if (world === null) {
        world = await FaultWorld.create(mode, programs);
        expected = await row.prepare(world);
      }
      const these = await row.inject(world, at, expected);
      for (const { call, broken } of these)
        if (broken.length > 0) complain(`${fault}, try ${at}, ${call}:\n  ${broken.join('\n  ')}`);
      tries.push(...these.filter(({ call, broken }) => call !== null || broken.length > 0));
      if (these.some(({ broken }) => broken.length > 0)) {
        await world.close();
        world = null;
      } else if (these.every(({ call }) => call === null)) break;
    }
  } finally {
    await world?.close();
  }
  return {
    fault,
    times: tries.length,
    broken: tries.filter(({ broken }) => broken.length > 0).length,
    worstRecoveryMs: Math.ceil(Math.max(0, ...tries.map(({ recoveryMs }) => recoveryMs))),
  };
}
