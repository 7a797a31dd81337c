// The last lines of the log that an operator should look at, for those who ask the agent and not its log.
import type { Log, LogFields } from './log.ts';
import type { StatusError } from './status-document.ts';

const MAX_LINES = 10;
const MAX_LENGTH = 500;

export class RecentErrors {
  /** Oldest first. */
  #lines: (StatusError & { readonly topic: string | null })[] = [];

  /** `atMs` is wall clock. */
  add(level: StatusError['level'], message: string, atMs: number, fields: LogFields): void {
    const isLong = message.length > MAX_LENGTH;
    const shown = isLong ? `${message.slice(0, MAX_LENGTH)}...` : message;
    const at = new Date(atMs).toISOString();
    this.#lines.push({ at, level, message: shown, over: false, topic: topicOf(fields) });
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** What the lines of this topic warned of has ended. */
  end(topic: string): void {
    this.#lines = this.#lines.map((line) => (line.topic === topic ? { ...line, over: true } : line));
  }

  /** Newest first. */
  list(): StatusError[] {
    return this.#lines.toReversed().map(({ at, level, message, over }) => ({ at, level, message, over }));
  }
}

/** Of warnings whose end is told. */
export const TOPICS = { hold: 'hold', lease: 'lease', trouble: (part: string) => `trouble ${part}` } as const;

/** What a line is about whose end will be told; null when it tells of a single moment. */
function topicOf({ event, part }: LogFields): string | null {
  switch (event) {
    case 'degraded':
      return TOPICS.trouble(String(part));
    case 'lease-began':
      return TOPICS.lease;
    case 'hold-began':
    case 'hold-cause':
    case 'hold-expired':
    case 'no-information':
      return TOPICS.hold;
    default:
      return null;
  }
}

/** Who remembers what was logged. */
export interface LogListener {
  logged(level: StatusError['level'], message: string, atMs: number, fields: LogFields): void;
}

/** A log that also tells `listener` of every warning and error, whatever the level that is written. */
export function teeLog(log: Log, listener: LogListener, wallMs: () => number = Date.now): Log {
  return {
    error: (fields, message) => {
      log.error(fields, message);
      listener.logged('error', message, wallMs(), fields);
    },
    warn: (fields, message) => {
      log.warn(fields, message);
      listener.logged('warn', message, wallMs(), fields);
    },
    info: (fields, message) => log.info(fields, message),
    debug: (fields, message) => log.debug(fields, message),
  };
}
