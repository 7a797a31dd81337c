// How often a table taken away is put back at once, before the agent stops fighting whoever takes it.

const WINDOW_MS = 60_000;
const LIMIT = 20;

/** The times of the latest restorations, newest last. */
export type Restorations = readonly number[];

/** The list with one more restoration, without those out of the window. */
export function withRestoration(past: Restorations, nowMs: number): Restorations {
  return [...past.filter((at) => nowMs - at < WINDOW_MS), nowMs];
}

/** Whether the last minute saw so many that from now on only polls look at the table. */
export function isBudgetSpent(past: Restorations, nowMs: number): boolean {
  return past.filter((at) => nowMs - at < WINDOW_MS).length >= LIMIT;
}
