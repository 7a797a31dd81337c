// The status again and again: a screen that is redrawn on a terminal, plain text or one JSON document a line elsewhere.
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusDocument } from '../../watcher/observe/status-document.ts';
import { timeOfDay } from './status-text.ts';

export interface Watching {
  readonly read: () => Promise<StatusDocument>;
  /** The document as lines. */
  readonly show: (document: StatusDocument) => string[];
  readonly periodMs: number;
  readonly output: NodeJS.WriteStream;
  /** Whether lines are a screen for a person, redrawn in place. */
  readonly isScreen: boolean;
  /** What stands between two documents that are not redrawn. */
  readonly separator: string;
}

/** The alternate screen, without a cursor, long lines cut; and back to what was there before. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Of a terminal that does not tell. */
const USUAL_ROWS = 24;

/** Shows the status until SIGINT, SIGTERM or SIGHUP comes, or nobody reads it; a terminal is left as it was. */
export async function watchStatus(watching: Watching): Promise<void> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, end);
  // Stays: what is written last may fail after the end.
  watching.output.on('error', end);
  try {
    await (watching.isScreen ? redraw(watching, ending.signal) : repeat(watching, ending.signal));
  } finally {
    for (const name of signals) process.off(name, end);
  }
}

async function repeat(
  { read, show, periodMs, output, separator }: Watching,
  signal: AbortSignal,
): Promise<void> {
  for (let between = ''; !signal.aborted; between = separator) {
    const startedMs = performance.now();
    const document = await unlessOver(read(), signal);
    if (document === null) return;
    output.write(`${between}${show(document).join('\n')}\n`);
    await untilSlot(startedMs, periodMs, signal);
  }
}

async function redraw({ read, show, periodMs, output }: Watching, signal: AbortSignal): Promise<void> {
  let last: StatusDocument | null = null;
  const draw = (): void => {
    if (last === null) return;
    const foot = `${timeOfDay(last.at, last.at)}, every ${periodMs / 1000} s; Ctrl-C ends`;
    output.write(picture(show(last), foot, output.rows || USUAL_ROWS));
  };
  const suspend = (): void => {
    output.write(LEAVE);
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = (): void => {
    output.write(ENTER);
    draw();
  };
  output.on('resize', draw);
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', resume);
  output.write(ENTER);
  try {
    while (!signal.aborted) {
      const startedMs = performance.now();
      const document = await unlessOver(read(), signal);
      if (document === null) return;
      last = document;
      draw();
      await untilSlot(startedMs, periodMs, signal);
    }
  } finally {
    output.off('resize', draw);
    process.off('SIGTSTP', suspend);
    process.off('SIGCONT', resume);
    output.write(LEAVE);
  }
}

/** Over the old picture line by line, then whatever is left of it: nothing flickers, and nothing ever scrolls. */
function picture(lines: readonly string[], foot: string, rows: number): string {
  const room = Math.max(1, rows - 2);
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), '... (--json has all)'];
  return `\x1b[H${[...shown, '', foot].map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`;
}

/** What was read; null as soon as it is over: an agent that does not answer is not waited for. */
async function unlessOver(
  reading: Promise<StatusDocument>,
  signal: AbortSignal,
): Promise<StatusDocument | null> {
  if (signal.aborted) return null;
  const over = Promise.withResolvers<null>();
  const end = (): void => over.resolve(null);
  signal.addEventListener('abort', end);
  try {
    return await Promise.race([reading, over.promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Waits until the next one is due; ends early, without a complaint, when it is over. */
async function untilSlot(startedMs: number, periodMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = Math.max(0, startedMs + periodMs - performance.now());
  await pause(waitMs, undefined, { signal }).catch(() => undefined);
}
