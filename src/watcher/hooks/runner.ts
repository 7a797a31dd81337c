// Runs the scripts of state changes, one change at a time, without ever making the caller wait.
import { closeSync } from 'node:fs';
import { isWellFormedState } from '../domain/instance-state.ts';
import type { HookRunner, HookTransition } from '../ports.ts';
import { type PathTrust, type Refusal, ROOT_ONLY } from './path-trust.ts';
import { runScript, type ScriptResult } from './run.ts';
import { previousState, scriptEnvironment } from './script-environment.ts';
import { listScripts, openScript } from './select.ts';

/** The loop's port, with the end that the program needs. A change not begun when a newer one comes is superseded. */
export interface ScriptRunner extends HookRunner {
  /** Ends the script that runs (TERM, then KILL) and starts none; resolves when it is gone. Later changes are ignored. */
  stop(): Promise<void>;
}

/** What happened; `transition` is the id of the change, `script` the script's path. */
export type HookReport = { readonly transition: string } & (
  | { readonly kind: 'started'; readonly script: string }
  | {
      readonly kind: 'line';
      readonly script: string;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | ({ readonly kind: 'finished'; readonly script: string } & ScriptResult)
  | ({ readonly kind: 'refused' } & Refusal)
  /** The state's name is not one that may become part of a path: nothing was looked at. */
  | { readonly kind: 'malformed-state' }
  /** `by` is the newer change, or null when the agent stops. */
  | { readonly kind: 'superseded'; readonly by: string | null }
  /** `interrupted`: the agent stopped before every script had run. */
  | {
      readonly kind: 'completed';
      /** Scripts that were to run: those refused, those that did not end with exit status 0, and the rest. */
      readonly scripts: number;
      readonly refused: number;
      readonly failed: number;
      readonly interrupted: boolean;
    }
);

export interface HookSettings {
  readonly scriptDir: string;
  readonly timeoutMs: number;
}

export interface HookRunnerOptions {
  /** Asked when a change begins, so that a reload of the configuration needs no new runner. */
  readonly settings: () => HookSettings;
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
      await runTransition(next, options, stopping.signal);
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
      if (waiting !== null) onReport({ kind: 'superseded', transition: waiting.id, by: null });
      waiting = null;
      await running;
    },
  };
}

async function runTransition(
  transition: HookTransition,
  { settings, onReport, trust = ROOT_ONLY, graceMs = DEFAULT_GRACE_MS }: HookRunnerOptions,
  signal: AbortSignal,
): Promise<void> {
  // Reading directories takes a moment on a slow disk; the caller of submit() is not to pay for it.
  await new Promise(setImmediate);
  const { scriptDir, timeoutMs } = settings();
  if (!isWellFormedState(transition.to)) {
    onReport({ kind: 'malformed-state', transition: transition.id });
    return;
  }
  const list = listScripts(scriptDir, transition.to, trust);
  for (const refusal of list.refused) onReport({ kind: 'refused', transition: transition.id, ...refusal });
  const scripts = list.paths.length + list.refused.length;
  let refused = list.refused.length;
  let failed = 0;
  for (const path of list.paths) {
    if (signal.aborted) break;
    const result = await runOne(path, transition, { onReport, trust, graceMs, timeoutMs }, signal);
    if (result === null) refused += 1;
    else if (result.exit !== 0) failed += 1;
  }
  const interrupted = signal.aborted;
  onReport({ kind: 'completed', transition: transition.id, scripts, refused, failed, interrupted });
}

/** null when the script was refused. */
async function runOne(
  path: string,
  transition: HookTransition,
  {
    onReport,
    trust,
    graceMs,
    timeoutMs,
  }: Required<Pick<HookRunnerOptions, 'onReport' | 'trust' | 'graceMs'>> & {
    timeoutMs: number;
  },
  signal: AbortSignal,
): Promise<ScriptResult | null> {
  const about = { transition: transition.id, script: path };
  const opened = openScript(path, trust);
  if ('refusal' in opened) {
    onReport({ kind: 'refused', transition: transition.id, ...opened.refusal });
    return null;
  }
  const { script } = opened;
  try {
    onReport({ kind: 'started', ...about });
    const result = await runScript({
      script,
      args: [transition.to, previousState(transition)],
      env: scriptEnvironment(transition, path),
      timeoutMs,
      graceMs,
      onLine: (stream, text) => onReport({ kind: 'line', ...about, stream, text }),
      signal,
    });
    onReport({ kind: 'finished', ...about, ...result });
    return result;
  } finally {
    closeSync(script.fd);
  }
}
