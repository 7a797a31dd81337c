// What the scripts did, as log lines.
import type { HookReport } from '../../watcher/hooks/runner.ts';
import type { Log } from '../../watcher/observe/log.ts';

/** Writes one report to the log: what runs and what was refused at info and above, what scripts print at info. */
export function reportHook(log: Log, report: HookReport): void {
  const about = { event: `hook-${report.kind}`, transition: report.transition };
  switch (report.kind) {
    case 'started':
      return log.debug({ ...about, script: report.script }, `${report.script}: started`);
    case 'line':
      return log.info(
        { ...about, script: report.script, stream: report.stream },
        `${report.script}: ${report.text}`,
      );
    case 'finished':
      return reportFinished(log, about, report);
    case 'refused':
      return log.error(
        { ...about, path: report.path },
        `${report.path}: not run: ${report.problem}; ${report.remedy}`,
      );
    case 'malformed-state':
      return log.warn(about, 'the new state is no name for a directory: no scripts were looked for');
    case 'superseded':
      return log.warn({ ...about, by: report.by }, 'scripts not begun: a newer state came first');
    case 'completed': {
      const { scripts, failed, interrupted } = report;
      const message = `scripts: ${scripts} run, ${failed} failed${interrupted ? ', interrupted by the end of the agent' : ''}`;
      if (failed > 0 || interrupted) return log.warn({ ...about, scripts, failed, interrupted }, message);
      if (scripts > 0) return log.info({ ...about, scripts, failed }, message);
    }
  }
}

function reportFinished(log: Log, about: object, report: Extract<HookReport, { kind: 'finished' }>): void {
  const { script, exit, signal, durationMs, timedOut, truncatedBytes, problem } = report;
  const fields = { ...about, script, exit, signal, durationMs, timedOut, truncatedBytes };
  if (truncatedBytes > 0) log.warn(fields, `${script}: ${truncatedBytes} bytes of output were dropped`);
  if (problem !== null) return log.error(fields, `${script}: could not be started: ${problem}`);
  const took = `after ${(durationMs / 1000).toFixed(1)} s`;
  if (timedOut) return log.error(fields, `${script}: ended ${took}: it ran over --hook-timeout`);
  if (exit === 0) return log.info(fields, `${script}: done ${took}`);
  log.error(fields, `${script}: ${signal === null ? `exit status ${exit}` : `ended by ${signal}`} ${took}`);
}
