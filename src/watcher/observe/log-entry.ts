// A line of the log before it is written, so that what is said can be decided without saying it.
import type { Log, LogFields } from './log.ts';

export interface LogEntry {
  readonly level: keyof Log;
  readonly fields: LogFields;
  readonly message: string;
}

/** Writes the entry at its level. */
export function writeEntry(log: Log, { level, fields, message }: LogEntry): void {
  log[level](fields, message);
}
