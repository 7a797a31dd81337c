// Runs the scripts of state changes, one change at a time, without ever making the caller wait.
import { isWellFormedState } from '../domain/instance-state.ts';
import type { HookRunner, HookTransition } from '../ports.ts';
import type { HookReport } from './hook-report.ts';
import { type PathTrust, ROOT_ONLY } from './path-trust.ts';
import { runScript } from './run.ts';
import { previousState, scriptEnvironment } from './script-environment.ts';
import { listScripts, openScript } from './select.ts';

export type { HookReport } from './hook-report.ts';

/** The loop's port, with the end that the program needs. A change not begun when a newer one comes is superseded. */
export interface ScriptRunner extends HookRunner {
  /** Ends the script that runs (TERM, then KILL) and starts none; resolves when it is gone. Later changes are ignored. */
  stop(): Promise<void>;
}

export interface HookSettings {
  readonly scriptDir: string;
  readonly timeoutMs: number;
}

export interface HookRunnerOptions {
  /** Asked when a change begins, so that a reload of the configuration needs no new runner. */
  readonly settings: () => HookSettings;
  /** Called synchronously before anything is done for a change, its directory not even looked at; must not throw. */
  readonly onBegin: (transition: HookTransition) => void;
  /** Called synchronously; must not throw. */
  readonly onReport: (report: HookReport) => void;
  readonly trust?: PathTrust;
  /** From SIGTERM to SIGKILL, ms. */
  readonly graceMs?: number;
}

const DEFAULT_GRACE_MS = 5_000;

export function createHookRunner(options: HookRunnerOptions): ScriptRunner {
  const { onReport } = options;
  const stopping = new AbortController();
  let waiting: HookTransition | null = null;
  let running: Promise<void> | null = null;

  const drain = async (first: HookTransition): Promise<void> => {
    for (let next: HookTransition | null = first; next !== null; ) {
      await runOrGiveUp(next, options, stopping.signal);
      next = waiting;
      waiting = null;
    }
    running = null;
  };

  return {
    submit(transition) {
      if (stopping.signal.aborted) return;
      if (running === null) {
        running = drain(transition);
        return;
      }
      if (waiting !== null) onReport({ kind: 'superseded', transition: waiting.id, by: transition.id });
      waiting = transition;
    },
    async stop() {
      stopping.abort();
      if (waiting !== null) onReport({ kind: 'not-begun', transition: waiting.id });
      waiting = null;
      await running;
    },
  };
}

/** One state change under way. */
interface Run extends HookSettings {
  readonly transition: HookTransition;
  readonly trust: PathTrust;
  readonly graceMs: number;
  readonly onReport: (report: HookReport) => void;
  readonly signal: AbortSignal;
}

/** Never rejects: one change that goes wrong takes neither the agent nor the next change with it. */
async function runOrGiveUp(
  transition: HookTransition,
  options: HookRunnerOptions,
  signal: AbortSignal,
): Promise<void> {
  // Nothing begins in the turn of the caller of submit(): what it does next comes before the first script.
  await new Promise(setImmediate);
  if (signal.aborted) {
    options.onReport({ kind: 'not-begun', transition: transition.id });
    return;
  }
  try {
    await runTransition(transition, options, signal);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    options.onReport({ kind: 'given-up', transition: transition.id, problem });
  }
}

async function runTransition(
  transition: HookTransition,
  { settings, onBegin, onReport, trust = ROOT_ONLY, graceMs = DEFAULT_GRACE_MS }: HookRunnerOptions,
  signal: AbortSignal,
): Promise<void> {
  const run: Run = { ...settings(), transition, trust, graceMs, onReport, signal };
  const about = { transition: transition.id };
  onBegin(transition);
  if (!isWellFormedState(transition.to)) {
    onReport({ kind: 'malformed-state', ...about });
    return;
  }
  const list = await listScripts(run.scriptDir, transition.to, trust);
  for (const refusal of list.refused) onReport({ kind: 'refused', ...about, ...refusal });
  const scripts = list.paths.length + list.refused.length;
  let refused = list.refused.length;
  let failed = 0;
  for (const path of list.paths) {
    if (signal.aborted) break;
    const outcome = await runOne(path, run);
    if (outcome === 'refused') refused += 1;
    if (outcome === 'failed') failed += 1;
  }
  const interrupted = signal.aborted && list.paths.length > 0;
  onReport({ kind: 'completed', ...about, scripts, refused, failed, interrupted });
}

/** `stopped`: the agent ended while the script was judged, so it was not started. */
async function runOne(path: string, run: Run): Promise<'done' | 'failed' | 'refused' | 'stopped'> {
  const { transition, trust, onReport } = run;
  const about = { transition: transition.id, script: path };
  const opened = await openScript(path, trust);
  if ('refusal' in opened) {
    onReport({ kind: 'refused', transition: transition.id, ...opened.refusal });
    return 'refused';
  }
  try {
    if (run.signal.aborted) return 'stopped';
    onReport({ kind: 'started', ...about });
    const result = await runScript({
      script: opened.script,
      args: [transition.to, previousState(transition)],
      env: scriptEnvironment(transition, path),
      timeoutMs: run.timeoutMs,
      graceMs: run.graceMs,
      onLine: (stream, text) => onReport({ kind: 'line', ...about, stream, text }),
      signal: run.signal,
    });
    onReport({ kind: 'finished', ...about, ...result });
    return result.exit === 0 ? 'done' : 'failed';
  } finally {
    await opened.script.file.close();
  }
}
