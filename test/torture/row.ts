// A line of the table that `scripts/torture` ends with: what every room's run.ts prints, as JSON, one a line.

export interface Row {
  readonly fault: string;
  /** How often it was tried. */
  readonly times: number;
  /** How many promises did not hold. */
  readonly broken: number;
  /** From the fault's end until all was as it should be, the slowest; null where there is nothing to recover. */
  readonly worstRecoveryMs: number | null;
}

export function printRow(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
