// The words for what the scripts did.
import type { HookReport } from '../hooks/hook-report.ts';
import type { LogEntry } from './log-entry.ts';

/** The line that tells a report. What scripts print is told as they print it. */
export function hookLine(report: HookReport): LogEntry {
  const about = { event: `hook-${report.kind}`, change: report.change };
  switch (report.kind) {
    case 'started':
      return {
        level: 'debug',
        fields: { ...about, script: report.script },
        message: `${report.script}: started`,
      };
    case 'line': {
      const { script, stream, text } = report;
      return { level: 'info', fields: { ...about, script, stream }, message: `${script}: ${text}` };
    }
    case 'finished':
      return finishedLine(about, report);
    case 'refused': {
      const { path, problem, remedy } = report;
      return {
        level: 'error',
        fields: { ...about, path },
        message: `${path}: not run: ${problem}; ${remedy}`,
      };
    }
    case 'no-directory':
      return {
        level: 'warn',
        fields: about,
        message: 'the new state is no name for a directory: no scripts were looked for',
      };
    case 'superseded':
      return {
        level: 'warn',
        fields: { ...about, by: report.by },
        message: 'scripts not begun: a newer state came first',
      };
    case 'not-begun':
      return { level: 'warn', fields: about, message: 'scripts not begun: the agent ends' };
    case 'given-up':
      return {
        level: 'error',
        fields: about,
        message: `scripts given up, those not yet run are not run: ${report.problem}`,
      };
    case 'completed':
      return completedLine(about, report);
  }
}

/** The line at a start for scripts that the agent before did not bring to their end. */
export function unfinishedHooksLine(hooks: {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly begun: boolean;
}): LogEntry {
  const { id, from, to, begun } = hooks;
  return {
    level: 'warn',
    fields: { event: begun ? 'hook-interrupted' : 'hook-not-begun', change: id },
    message: begun
      ? `scripts of ${from} -> ${to} were interrupted and are not repeated`
      : `scripts of ${from} -> ${to} were not begun before the agent ended and are not run now`,
  };
}

function finishedLine(
  about: LogEntry['fields'],
  report: Extract<HookReport, { kind: 'finished' }>,
): LogEntry {
  const { script, exit, signal, durationMs, timedOut, truncatedBytes, problem } = report;
  const fields = { ...about, script, exit, signal, durationMs, timedOut, truncatedBytes };
  const took = `after ${(durationMs / 1000).toFixed(1)} s`;
  const cut = truncatedBytes > 0 ? `; ${truncatedBytes} bytes of its output are not logged` : '';
  if (problem !== null) return { level: 'error', fields, message: `${script}: ${problem}${cut}` };
  if (timedOut)
    return { level: 'error', fields, message: `${script}: ended ${took}: it ran over --hook-timeout${cut}` };
  if (exit === 0) return { level: 'info', fields, message: `${script}: done ${took}${cut}` };
  const how = signal === null ? `exit status ${exit}` : `ended by ${signal}`;
  return { level: 'error', fields, message: `${script}: ${how} ${took}${cut}` };
}

function completedLine(
  about: LogEntry['fields'],
  report: Extract<HookReport, { kind: 'completed' }>,
): LogEntry {
  const { scripts, refused, failed, interrupted } = report;
  const message = `scripts: ${scripts} to run, ${refused} refused, ${failed} failed${interrupted ? '; interrupted by the end of the agent' : ''}`;
  const level = refused > 0 || failed > 0 || interrupted ? 'warn' : scripts > 0 ? 'info' : 'debug';
  return { level, fields: { ...about, scripts, refused, failed, interrupted }, message };
}
