// The operator's scripts in a dry run: looked up and judged as for a run, and none is started.
import { judgeScripts } from '../../watcher/hooks/judge-scripts.ts';
import { ROOT_ONLY } from '../../watcher/hooks/path-trust.ts';
import { hasDirectory, type HookRunnerOptions, type ScriptRunner } from '../../watcher/hooks/runner.ts';
import { previousState } from '../../watcher/hooks/script-environment.ts';
import type { Log } from '../../watcher/observe/log.ts';
import type { HookTransition } from '../../watcher/ports.ts';

/** A runner that says what would run, and reports what would be refused as a real one does. */
export function judgingRunner(options: HookRunnerOptions, log: Log): ScriptRunner {
  let last = Promise.resolve();
  return {
    submit(transition) {
      last = last.then(() => judgeOrGiveUp(transition, options, log));
    },
    stop: () => last,
  };
}

/** Never rejects. */
async function judgeOrGiveUp(
  transition: HookTransition,
  options: HookRunnerOptions,
  log: Log,
): Promise<void> {
  try {
    await judge(transition, options, log);
  } catch (error) {
    const { id: change, to } = transition;
    options.onReport({ kind: 'given-up', change, to, problem: (error as Error).message });
  }
}

async function judge(
  transition: HookTransition,
  { settings, onReport, trust = ROOT_ONLY }: HookRunnerOptions,
  log: Log,
): Promise<void> {
  const { id: change, to } = transition;
  if (!hasDirectory(transition)) {
    onReport({ kind: 'no-directory', change, to });
    return;
  }
  const { paths, refused } = await judgeScripts(settings().scriptDir, to, trust);
  for (const refusal of refused) onReport({ kind: 'refused', change, to, ...refusal });
  for (const script of paths) {
    const args = `${to} ${previousState(transition)}`;
    log.info({ event: 'hook-would-run', change, script }, `${script} ${args} would run`);
  }
  const scripts = paths.length + refused.length;
  onReport({
    kind: 'completed',
    change,
    to,
    scripts,
    refused: refused.length,
    failed: 0,
    interrupted: false,
  });
}
