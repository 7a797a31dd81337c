// The operator's scripts, joined with the record that keeps them from running twice and the log that tells of them.
import type { HookReport } from '../../watcher/hooks/hook-report.ts';
import { createHookRunner, type HookSettings, type ScriptRunner } from '../../watcher/hooks/runner.ts';
import { hookLine } from '../../watcher/observe/hook-line.ts';
import type { Log } from '../../watcher/observe/log.ts';
import { writeEntry } from '../../watcher/observe/log-entry.ts';
import type { RecordKeeper } from '../../watcher/state/record-keeper.ts';

/** A runner whose every step is on record before it is taken. `settings` is asked when scripts begin. */
export function recordedScripts(settings: () => HookSettings, record: RecordKeeper, log: Log): ScriptRunner {
  const runner = createHookRunner({
    settings,
    onBegin: (transition) => record.hooksBegan(transition),
    onReport: (report) => {
      if (report.kind === 'superseded') record.hooksSuperseded(report.transition);
      if (hasEnded(report)) record.hooksEnded(report.transition);
      writeEntry(log, hookLine(report));
    },
  });
  return {
    submit: (transition) => {
      record.hooksSubmitted(transition);
      runner.submit(transition);
    },
    stop: () => runner.stop(),
  };
}

/** Whether scripts that began have ended; those that the end of the agent interrupts or keeps from beginning stay on record. */
function hasEnded(report: HookReport): boolean {
  switch (report.kind) {
    case 'completed':
      return !report.interrupted;
    case 'malformed-state':
    case 'given-up':
      return true;
    default:
      return false;
  }
}
