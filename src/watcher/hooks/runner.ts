// Runs the scripts of state changes, one change at a time, without ever making the caller wait.
import { isWellFormedState } from '../domain/instance-state.ts';
import type { HookRunner, HooksKey, HookTransition } from '../ports.ts';
import type { HookReport } from './hook-report.ts';
import { type PathTrust, ROOT_ONLY } from './path-trust.ts';
import { runScript } from './run.ts';
import { previousState, scriptEnvironment } from './script-environment.ts';
import { listScripts, openScript } from './select.ts';

export type { HookReport } from './hook-report.ts';

/**
 * The loop's port, with the end that the program needs. What has not begun when a newer state comes is superseded; the scripts
 * of a drain's outcome supersede nothing, wait for those before them, and are superseded only by a state that ends the drain.
 */
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
/** The directory of a drain's outcome: nothing that the API says may run it. */
const DRAINED = 'drained';

export function createHookRunner(options: HookRunnerOptions): ScriptRunner {
  const { onReport } = options;
  const stopping = new AbortController();
  let waiting: HookTransition[] = [];
  let running: Promise<void> | null = null;

  const drain = async (first: HookTransition): Promise<void> => {
    for (let next: HookTransition | undefined = first; next !== undefined; next = waiting.shift())
      await runOrGiveUp(next, options, stopping.signal);
    running = null;
  };

  return {
    submit(transition) {
      if (stopping.signal.aborted) return;
      if (running === null) {
        running = drain(transition);
        return;
      }
      if (transition.kind === 'state') {
        const isKept = ({ kind }: HookTransition): boolean => kind === 'drained' && transition.isDraining;
        for (const older of waiting)
          if (!isKept(older)) onReport({ kind: 'superseded', ...keyOf(older), by: transition.id });
        waiting = waiting.filter(isKept);
      }
      waiting.push(transition);
    },
    async stop() {
      stopping.abort();
      for (const transition of waiting) onReport({ kind: 'not-begun', ...keyOf(transition) });
      waiting = [];
      await running;
    },
  };
}

/** Whether the new state may name a directory of scripts. */
export function hasDirectory({ kind, to }: HookTransition): boolean {
  return isWellFormedState(to) && (kind === 'drained' || to !== DRAINED);
}

/** One state change under way. */
interface Run extends HookSettings {
  readonly transition: HookTransition;
  readonly trust: PathTrust;
  readonly graceMs: number;
  readonly onReport: (report: HookReport) => void;
  readonly signal: AbortSignal;
}

function keyOf({ id, to }: HookTransition): HooksKey {
  return { change: id, to };
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
    options.onReport({ kind: 'not-begun', ...keyOf(transition) });
    return;
  }
  try {
    await runTransition(transition, options, signal);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    options.onReport({ kind: 'given-up', ...keyOf(transition), problem });
  }
}

async function runTransition(
  transition: HookTransition,
  { settings, onBegin, onReport, trust = ROOT_ONLY, graceMs = DEFAULT_GRACE_MS }: HookRunnerOptions,
  signal: AbortSignal,
): Promise<void> {
  const run: Run = { ...settings(), transition, trust, graceMs, onReport, signal };
  const about = keyOf(transition);
  onBegin(transition);
  if (!hasDirectory(transition)) {
    onReport({ kind: 'no-directory', ...about });
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
  const about = { ...keyOf(transition), script: path };
  const opened = await openScript(path, trust);
  if ('refusal' in opened) {
    onReport({ kind: 'refused', ...keyOf(transition), ...opened.refusal });
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
