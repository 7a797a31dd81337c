// Asking again and again: a screen that is redrawn for a person, one line a change for a program.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiFailure, type ApiFailureKind } from '../../interaction/client/api-failure.ts';
import { type ApiOptions, printRaw } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { plainLine } from './output/plain.ts';
import { type Result, show } from './output/show.ts';

export interface Watched {
  readonly title: string;
  /** Throws ApiFailure. */
  readonly read: () => Promise<Result & { readonly raw: string }>;
  /** From the start of one reading to the start of the next; a longer one delays it. */
  readonly periodMs: number;
}

/** Trouble that may be over by itself; with any other, asking again is of no use. */
const passing: ReadonlySet<ApiFailureKind> = new Set([
  'credentials',
  'dns',
  'no-connection',
  'timeout',
  'interrupted',
  'throttled',
  'no-snapshot',
  'server',
  'gateway-timeout',
]);

/**
 * Reads until the process is asked to end or nobody reads what it prints, which is success. A passing failure is one line,
 * said again when another came between or after an answer; any other ends it.
 */
export async function watch(watched: Watched, options: ApiOptions, context: CommandContext): Promise<void> {
  const signal = AbortSignal.any([context.signal, context.readerGone]);
  const screen = context.isTerminal && options.output === undefined && options.raw !== true;
  const write = screen ? createScreen(watched, context) : createLines(options, context);
  while (!signal.aborted) {
    const startMs = performance.now();
    try {
      await write.answer(await watched.read());
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiFailure) || !passing.has(error.kind)) throw error;
      write.failure(error.message);
    }
    const waitMs = Math.max(0, startMs + watched.periodMs - performance.now());
    // Rejects only when it is over.
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

interface Writer {
  answer(answered: Result & { readonly raw: string }): Promise<void>;
  failure(message: string): void;
}

function createLines(options: ApiOptions, context: CommandContext): Writer {
  const { output, raw: isRaw } = options;
  let lastRaw: string | undefined;
  let lastFailure: string | undefined;
  return {
    async answer({ raw, ...result }) {
      lastFailure = undefined;
      if (raw === lastRaw) return;
      lastRaw = raw;
      if (isRaw === true) printRaw(raw, context);
      // One document a line: what reads it need not find out where one ends.
      else if (output === undefined || output === 'json') context.print(JSON.stringify(result.value));
      else await show(result, options, context);
    },
    failure(message) {
      if (message !== lastFailure) context.warn(message);
      lastFailure = message;
    },
  };
}

function createScreen({ title, periodMs }: Watched, context: CommandContext): Writer {
  let table = '';
  const draw = (footer: string): void => {
    const head = `${title}, every ${periodMs / 1000} s, at ${new Date().toISOString().replace(/\.\d+Z$/, 'Z')}`;
    const lines = [head, '', ...table.split('\n'), ...(footer === '' ? [] : ['', plainLine(footer)])];
    // Over the old picture line by line, then whatever is left of it below: nothing flickers.
    context.print(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\n\x1b[J`);
  };
  return {
    async answer(result) {
      table = result.table();
      draw('');
    },
    failure: (message) => draw(message),
  };
}
