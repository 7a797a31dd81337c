// The words for the agent's own life: started, read its configuration again, stopped.
import type { Desired } from '../domain/agent-state.ts';
import type { TableObservation } from '../domain/desired-firewall.ts';
import type { LogEntry } from './log-entry.ts';

/** The line of a start: which version, what it found, what goes on. */
export function startLine(
  version: string,
  table: TableObservation,
  desired: Desired,
  recorded: string | null,
): LogEntry {
  const found = table.table === 'ours' ? 'a drain table is in place, ' : 'no drain table is in place, ';
  const drain = desired === 'refuse' ? 'the drain of before goes on' : 'waiting for the API';
  return {
    level: 'info',
    fields: { event: 'started', table: table.table, recorded },
    message: `cs-instance-watcher ${version}: ${table.table === 'unknown' ? '' : found}${drain}`,
  };
}

/** The line of a start without ports. */
export const NO_PORTS_LINE: LogEntry = {
  level: 'info',
  fields: { event: 'no-ports' },
  message:
    'no ports are given (--on-draining-block-new-connections-to-ports): only scripts run, no connection is refused',
};

/** The lines of a reload: the options in force now, and those that wait for a restart. */
export function reloadLines({
  applied,
  atRestart,
}: {
  readonly applied: readonly string[];
  readonly atRestart: readonly string[];
}): LogEntry[] {
  const message = `configuration read again: ${applied.join(', ') || 'nothing'} changed`;
  const lines: LogEntry[] = [{ level: 'info', fields: { event: 'reloaded', applied }, message }];
  if (atRestart.length > 0) {
    const late = `${atRestart.join(', ')}: changed too, in force after a restart`;
    lines.push({ level: 'warn', fields: { event: 'configuration', atRestart }, message: late });
  }
  return lines;
}

/** The line of a stop; with the command that opens the ports when they stay closed. */
export function stopLine(left: TableObservation, cleanupCommand: string): LogEntry {
  const message =
    left.table === 'ours'
      ? `stopped; new connections stay refused, to open the ports: ${cleanupCommand}`
      : 'stopped';
  return { level: 'info', fields: { event: 'stopped', table: left.table }, message };
}
