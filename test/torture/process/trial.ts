// What one try of a fault came to, and a row that is tried in both stances.
/** What the API says while something breaks. */
export type Stance = 'draining' | 'running';

export interface Trial {
  /** What was promised and not kept, in words. */
  readonly broken: readonly string[];
  /** What was kept, but too late, in words. */
  readonly late?: readonly string[];
  /** From the fault's end until all was as it should be; null where there is nothing to recover. */
  readonly recoveryMs: number | null;
  /** For people: what was measured. */
  readonly figures?: string;
}

export interface ProcessRow {
  readonly name: string;
  readonly stances: readonly Stance[];
  /** Longest recovery that is promised, ms, a busy machine's slack included. */
  readonly withinMs: number;
  /** Has the machine for itself: it measures, or takes all there is. */
  readonly isAlone?: boolean;
  /** Times, where it is not what the run says. */
  readonly times?: number;
  readonly attempt: (stance: Stance) => Promise<Trial>;
}
