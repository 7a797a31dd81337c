// The operator's scripts, joined with the record that keeps them from running twice and those who tell of them.
import type { HookReport } from '../../watcher/hooks/hook-report.ts';
import type { HookRunnerOptions, HookSettings, ScriptRunner } from '../../watcher/hooks/runner.ts';
import type { HooksKey } from '../../watcher/ports.ts';
import type { RecordKeeper } from '../../watcher/state/record-keeper.ts';

export interface PendingScripts extends ScriptRunner {
  /** Whether scripts run, or wait to. False by the time `tell` hears of the last of them. */
  arePending(): boolean;
}

/** A runner whose every step is on record before it is taken. `settings` is asked when scripts begin, `tell` hears every report. */
export function recordedScripts(
  createRunner: (options: HookRunnerOptions) => ScriptRunner,
  settings: () => HookSettings,
  record: RecordKeeper,
  tell: (report: HookReport) => void,
): PendingScripts {
  const pending = new Set<string>();
  const runner = createRunner({
    settings,
    onBegin: (transition) => record.hooksBegan(transition),
    onReport: (report) => {
      if (report.kind === 'superseded') record.hooksSuperseded(report);
      if (hasEnded(report)) record.hooksEnded(report);
      if (isLast(report)) pending.delete(keyOf(report));
      tell(report);
    },
  });
  return {
    submit: (transition) => {
      pending.add(keyOf({ change: transition.id, to: transition.to }));
      record.hooksSubmitted(transition);
      runner.submit(transition);
    },
    stop: () => runner.stop(),
    arePending: () => pending.size > 0,
  };
}

function keyOf({ change, to }: HooksKey): string {
  return `${change} ${to}`;
}

/** Whether this is the last that is heard of the scripts of its change. */
function isLast({ kind }: HookReport): boolean {
  return ['completed', 'no-directory', 'given-up', 'superseded', 'not-begun'].includes(kind);
}

/** Whether scripts that began have ended; those that the end of the agent interrupts or keeps from beginning stay on record. */
function hasEnded(report: HookReport): boolean {
  switch (report.kind) {
    case 'completed':
      return !report.interrupted;
    case 'no-directory':
    case 'given-up':
      return true;
    default:
      return false;
  }
}
