// The program's log: who writes it (pino), in which form, and where to.
import { isatty } from 'node:tty';
import { type DestinationStream, pino } from 'pino';
import { journalPrefixes, type Level } from './journal.ts';
import { LineWriter } from './line-writer.ts';
import type { RotationSpec } from './rotation-spec.ts';
import { createRotatingFile } from './rotation.ts';
import { formatText } from './text-format.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** What the parts of the agent see of it. */
export interface Log {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
}

export interface LogOptions {
  readonly level: Level;
  readonly format: 'auto' | 'text' | 'json';
  /** Absolute; null is stderr. */
  readonly file: string | null;
  readonly rotation: RotationSpec;
  /** The variable JOURNAL_STREAM: where standard error is that stream, its lines carry their priority. */
  readonly journalStream?: string | undefined;
}

/** A log whose lines are written before the call returns, so nothing is left to flush at exit. */
export interface ProgramLog extends Log {
  /** Closes the file. A line logged afterwards opens it again. */
  close(): void;
}

const MAX_TEXT_LENGTH = 2048;
const STDERR = 2;

/** The second line of defence: nothing should hand these to the log in the first place. */
const CREDENTIAL_NAMES = [
  'secretAccessKey',
  'sessionToken',
  'authorization',
  'Authorization',
  'x-amz-security-token',
];
const CREDENTIAL_PATHS = CREDENTIAL_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`]);

export function createLog({ level, format, file, rotation, journalStream }: LogOptions): ProgramLog {
  const isText = format === 'text' || (format === 'auto' && file === null && isatty(STDERR));
  const shown = (line: string): string => (isText ? formatText(line) : line);
  const prefixFor = journalPrefixes(journalStream);
  /** Of the line being written: the file hands it back, within the same call, when it does not take it. */
  let urgency: Level = 'info';
  const stderr = new LineWriter();
  const toStderr = (line: string): void => writeStderr(stderr, prefixFor(urgency) + line);
  const rotating =
    file === null
      ? null
      : createRotatingFile({ path: file, rotation, fallback: toStderr, onTrouble: writeTrouble });
  const write = rotating === null ? toStderr : rotating.write;
  const destination: DestinationStream = {
    write(line) {
      urgency = levelOf(line);
      write(shown(line));
    },
  };
  function writeTrouble(problem: string): void {
    const record = {
      level: 'warn',
      time: new Date().toISOString(),
      event: 'log-file',
      message: `${problem}: logging to stderr`,
    };
    writeStderr(stderr, prefixFor('warn') + shown(`${JSON.stringify(record)}\n`));
  }
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: boundFields },
      redact: { paths: CREDENTIAL_PATHS, censor: '[redacted]' },
    },
    destination,
  );
  return {
    error: (fields, message) => logger.error(fields, bound(message)),
    warn: (fields, message) => logger.warn(fields, bound(message)),
    info: (fields, message) => logger.info(fields, bound(message)),
    debug: (fields, message) => logger.debug(fields, bound(message)),
    close: () => rotating?.close(),
  };
}

/** The level of a record as pino writes it: its first member. */
function levelOf(line: string): Level {
  return (/^\{"level":"(error|warn|info|debug)"/.exec(line)?.[1] ?? 'info') as Level;
}

/** A closed or full stderr is no reason for the agent to stop: the line is lost. */
function writeStderr(stderr: LineWriter, line: string): void {
  try {
    stderr.write(STDERR, line);
  } catch {
    // Nowhere is left to say so.
  }
}

function boundFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? bound(value) : value]),
  );
}

/** Keeps a value from the network from filling the disk. */
function bound(text: string): string {
  return text.length <= MAX_TEXT_LENGTH
    ? text
    : `${text.slice(0, MAX_TEXT_LENGTH)}... (${text.length} characters)`;
}
