// What the journal is told of a line's urgency, where it takes standard error: without it every line is of one priority there.
import { fstatSync } from 'node:fs';

export type Level = 'error' | 'warn' | 'info' | 'debug';

/** The syslog priorities, as sd-daemon(3) has them before a line. */
const PRIORITIES: Readonly<Record<Level, string>> = { error: '<3>', warn: '<4>', info: '<6>', debug: '<7>' };

/** A descriptor's file, by which it can be told from others. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * Whether a stream is the journal's: `stream` is the variable JOURNAL_STREAM, `DEVICE:INODE` in decimal, see systemd.exec(5).
 * That the variable is set is not enough, as whoever redirects the output of a service passes it on.
 */
export function isJournalStream(stream: string | undefined, { dev, ino }: FileIdentity): boolean {
  return stream === `${dev}:${ino}`;
}

/** What to put before a line on standard error: its priority where the journal reads it, else nothing. */
export function journalPrefixes(
  journalStream: string | undefined,
  stderr: () => FileIdentity = () => fstatSync(2, { bigint: true }),
): (level: Level) => string {
  if (journalStream === undefined || !isJournalStream(journalStream, identityOr(stderr))) return () => '';
  return (level) => PRIORITIES[level];
}

/** Of no file when standard error is closed. */
function identityOr(stderr: () => FileIdentity): FileIdentity {
  try {
    return stderr();
  } catch {
    return { dev: -1n, ino: -1n };
  }
}
