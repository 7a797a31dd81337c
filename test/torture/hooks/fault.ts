// What the table of faults is made of: what is put among the operator's scripts, when it has begun, and what is told of it.
import type { LogLine } from '../../fixtures/log-lines.ts';
import type { HookWorld } from './hook-world.ts';

export type State = 'running' | 'draining';

export function otherThan(state: State): State {
  return state === 'draining' ? 'running' : 'draining';
}

/** What is wrong with one state's scripts, and what ends it. */
export interface Injected {
  /** Ends it, where it would not end by itself; only then are the change's scripts awaited. */
  readonly release?: () => unknown;
  /** Promises of this fault alone, looked at when all is over; those not kept, in words. */
  readonly broken?: () => readonly string[] | Promise<readonly string[]>;
  /** Ends whatever it left behind, kept promises or not. */
  readonly clear?: () => unknown;
}

export interface Fault {
  readonly name: string;
  /** Puts it into the scripts of a state, whose directory is there and empty. */
  readonly inject: (world: HookWorld, state: State) => Injected | Promise<Injected>;
  /** Which line says that it has begun; the first of the change's scripts when it is not said. */
  readonly begun?: (line: LogLine) => boolean;
  /** What must be told, each by one line; other complaints must not be. */
  readonly told: readonly RegExp[];
  /** `--hook-timeout`, seconds, where it is what ends the script. */
  readonly timeoutS?: number;
  /** Bytes of log that its scripts may cause. */
  readonly logBytes?: number;
}

/** What one script can have logged at most: 64 KB of bytes spelled out at length (`\\x00`), and the members of 1,000 lines. */
export const LOUD_LOG_BYTES = 64 * 1024 * 5 + 1_000 * 600;
