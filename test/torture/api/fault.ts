// What the table of faults is made of: how each begins, how it is told in the log, and how it ends.
import type { ApiWorld } from './api-world.ts';

/** Ends what `inject` began. */
export type Heal = () => unknown;

export interface Fault {
  readonly name: string;
  /** Begins it in a world that works. */
  readonly inject: (world: ApiWorld) => Heal | Promise<Heal>;
  /** What its one line says; null where the agent mends it so well that it has nothing to tell. */
  readonly line: RegExp | null;
  /** The events of the two lines, where they are others than those of a hold. */
  readonly events?: readonly [began: string, ended: string];
  /** What is told beside these two, for a reason that the fault's comment gives. */
  readonly alsoTold?: readonly string[];
  /** For how many polls it lasts once it was noticed, where that says more than the few of every fault. */
  readonly pollsHeld?: number;
  /** A request under way at the healing goes on to its deadline first. */
  readonly hangs?: true;
  /** What recovery may take beyond a period, for a reason that the fault's comment gives. */
  readonly extraMs?: number;
}

/** Faults that an agent is started alike for. */
export interface Family {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether discovery names a VPC endpoint too. */
  readonly withEndpoint?: true;
  /** Whether the agent's wall clock can be set. */
  readonly withClock?: true;
  readonly faults: readonly Fault[];
}

/** What an agent is doing when something breaks. */
export type Stance = 'draining' | 'running';
