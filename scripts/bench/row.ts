// A row of BENCHMARKS.md: what every program of this folder prints, as JSON, one a line.

export interface Row {
  /** What was measured. */
  readonly what: string;
  /** What it was measured against in the same run; '' where it is held against a bound alone. */
  readonly against: string;
  /** In words: the median, its spread, the unit, how many. */
  readonly ours: string;
  /** The same of what it was measured against. */
  readonly theirs: string;
  /** Of the medians, in words: `1.31 ×`, `98.9 % (98.6 to 99.2)`; '' where there is none. */
  readonly ratio: string;
  /** In words: `≤ 1.7 ×`. */
  readonly target: string;
  /** null: reported beside another row, no target of its own. */
  readonly isMet: boolean | null;
}

export function printRow(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
