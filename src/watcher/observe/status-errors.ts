// The last lines of the log that an operator should look at, for those who ask the agent and not its log.
import type { Log } from './log.ts';
import type { StatusError } from './status-document.ts';

const MAX_LINES = 10;
const MAX_LENGTH = 500;

export class RecentErrors {
  /** Oldest first. */
  readonly #lines: StatusError[] = [];

  /** `atMs` is wall clock. */
  add(level: StatusError['level'], message: string, atMs: number): void {
    const isLong = message.length > MAX_LENGTH;
    const shown = isLong ? `${message.slice(0, MAX_LENGTH)}...` : message;
    this.#lines.push({ at: new Date(atMs).toISOString(), level, message: shown });
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** Newest first. */
  list(): StatusError[] {
    return this.#lines.toReversed();
  }
}

/** Who remembers what was logged. */
export interface LogListener {
  logged(level: StatusError['level'], message: string, atMs: number): void;
}

/** A log that also tells `listener` of every warning and error, whatever the level that is written. */
export function teeLog(log: Log, listener: LogListener, wallMs: () => number = Date.now): Log {
  return {
    error: (fields, message) => {
      log.error(fields, message);
      listener.logged('error', message, wallMs());
    },
    warn: (fields, message) => {
      log.warn(fields, message);
      listener.logged('warn', message, wallMs());
    },
    info: (fields, message) => log.info(fields, message),
    debug: (fields, message) => log.debug(fields, message),
  };
}
