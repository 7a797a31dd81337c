// Every line that the agent has words for: what the reporter says, what is said of scripts, and of the agent's own life.
import type { Lease } from '../../../../src/watcher/domain/lease.ts';
import type { Announcement } from '../../../../src/watcher/domain/step.ts';
import type { HookReport } from '../../../../src/watcher/hooks/hook-report.ts';
import {
  NO_PORTS_LINE,
  reloadLines,
  startLine,
  stopLine,
} from '../../../../src/watcher/observe/agent-line.ts';
import { hookLine, unfinishedHooksLine } from '../../../../src/watcher/observe/hook-line.ts';
import type { Log } from '../../../../src/watcher/observe/log.ts';
import { writeEntry } from '../../../../src/watcher/observe/log-entry.ts';
import { LogReporter } from '../../../../src/watcher/observe/reporter.ts';
import { counted, drainingState, poll, RULESET, summary } from './status-facts.ts';

export const CHANGE = '4a6a1a0e-6b1c-4e0c-9a53-f1e6cf4a3d0b';

const TIMES = { sinceWallMs: 1_000, untilWallMs: 61_000 };
const OVERRIDE: Lease = { kind: 'override', verdict: 'closed', reason: 'a release', ...TIMES };
const SIMULATION: Lease = { kind: 'simulation', state: 'draining', ...TIMES };
const REASONS = [{ source: 'state', detail: 'draining', sinceWallMs: 1 }] as const;

/** Typed so that an announcement without a line here does not compile. */
const ANNOUNCEMENTS: Readonly<Record<Announcement['event'], readonly Announcement[]>> = {
  'state-changed': [
    { event: 'state-changed', from: null, to: 'running' },
    { event: 'state-changed', from: 'running', to: 'draining' },
    { event: 'state-changed', from: 'running', to: 'draining', isSimulated: true },
  ],
  'state-confirmed': [{ event: 'state-confirmed', state: 'running' }],
  'lease-began': [
    { event: 'lease-began', lease: OVERRIDE },
    { event: 'lease-began', lease: { ...OVERRIDE, verdict: 'open' } },
    { event: 'lease-began', lease: SIMULATION },
    { event: 'lease-began', lease: { ...SIMULATION, holder: { pid: 508, user: 'root', terminal: null } } },
  ],
  'lease-ended': [
    { event: 'lease-ended', lease: SIMULATION, why: null },
    { event: 'lease-ended', lease: SIMULATION, why: 'connection' },
  ],
  refusing: [
    { event: 'refusing', reasons: REASONS, isEnforced: true, inMs: 0 },
    { event: 'refusing', reasons: REASONS, isEnforced: true, inMs: 30_000 },
    { event: 'refusing', reasons: REASONS, isEnforced: false, inMs: 0 },
  ],
  open: [
    { event: 'open', because: 'state', detail: 'running' },
    { event: 'open', because: 'target-groups', detail: '1 target group(s)' },
    { event: 'open', because: 'not-managed', detail: 'no tag' },
  ],
  drained: [{ event: 'drained', lastedMs: 1234.5 }],
  'drain-timeout': [
    { event: 'drain-timeout', lastedMs: 60_000.2, connectionsLeft: 3, isClosing: true },
    { event: 'drain-timeout', lastedMs: 60_000.2, connectionsLeft: null, isClosing: false },
  ],
  'hold-began': [{ event: 'hold-began', class: 'transport', message: 'no route', desired: 'refuse' }],
  'hold-cause': [{ event: 'hold-cause', class: 'no-verdict', message: 'state odd', desired: 'undetermined' }],
  'hold-ended': [{ event: 'hold-ended', lastedMs: 1234.5 }],
  'hold-expired': [
    { event: 'hold-expired', lastedMs: 1234.5, desired: 'open' },
    { event: 'hold-expired', lastedMs: 1234.5, desired: 'refuse' },
  ],
  'no-information': [{ event: 'no-information', polls: 10 }],
};

const ABOUT = { change: CHANGE, to: 'draining' };
const SCRIPT = { ...ABOUT, script: '/s/draining/10-a' };
const RESULT = { exit: 0, signal: null, durationMs: 12, timedOut: false, truncatedBytes: 0, problem: null };
const COMPLETED = { kind: 'completed', ...ABOUT, refused: 0, failed: 0, interrupted: false } as const;

const REPORTS: Readonly<Record<HookReport['kind'], readonly HookReport[]>> = {
  started: [{ kind: 'started', ...SCRIPT }],
  line: [{ kind: 'line', ...SCRIPT, stream: 'stderr', text: 'hello' }],
  finished: [
    { kind: 'finished', ...SCRIPT, ...RESULT },
    { kind: 'finished', ...SCRIPT, ...RESULT, exit: 3, truncatedBytes: 7 },
    { kind: 'finished', ...SCRIPT, ...RESULT, exit: null, signal: 'SIGTERM', timedOut: true },
    { kind: 'finished', ...SCRIPT, ...RESULT, exit: null, problem: 'could not be started' },
  ],
  refused: [
    { kind: 'refused', ...ABOUT, path: '/s/a', problem: 'is not executable', remedy: 'chmod +x /s/a' },
  ],
  'no-directory': [{ kind: 'no-directory', ...ABOUT }],
  superseded: [{ kind: 'superseded', ...ABOUT, by: CHANGE }],
  'not-begun': [{ kind: 'not-begun', ...ABOUT }],
  'given-up': [{ kind: 'given-up', ...ABOUT, problem: 'EMFILE' }],
  completed: [
    { ...COMPLETED, scripts: 0 },
    { ...COMPLETED, scripts: 2 },
    { ...COMPLETED, scripts: 3, refused: 1 },
  ],
};

/** Says each of them to `log`. */
export function sayEverything(log: Log): void {
  const reporter = new LogReporter(log, () => {});
  reporter.degraded('record', 'no space');
  reporter.degraded('record', null);
  reporter.changeBegan(CHANGE);
  for (const announcement of Object.values(ANNOUNCEMENTS).flat()) reporter.announce(announcement);
  sayOfTable(reporter);
  reporter.connections(counted(2, 1));
  reporter.connections(counted(1, 1));
  reporter.connections({ known: false, reason: 'no permission' });
  reporter.connections(counted(1, 0));
  reporter.connectionsClosed({ closed: 2, failed: 1 });
  reporter.polled(poll());
  reporter.polled(poll({ answer: { kind: 'no-information', message: 'nothing' } }));
  reporter.settled(summary(drainingState()));
  const all = Object.values(REPORTS).flat();
  for (const report of all) writeEntry(log, hookLine(report));
  for (const begun of [true, false])
    writeEntry(log, unfinishedHooksLine({ id: CHANGE, from: 'running', to: 'draining', begun }));
  sayOfLife(log);
}

function sayOfTable(reporter: LogReporter): void {
  reporter.degraded('firewall', 'no permission');
  reporter.announce({ event: 'refusing', reasons: REASONS, isEnforced: true, inMs: 0 });
  reporter.degraded('firewall', null);
  reporter.tableInstalled(RULESET, null, null);
  reporter.tableInstalled({ ...RULESET, closing: true }, null, null);
  reporter.tableInstalled(RULESET, 'the table was gone', null);
  reporter.tableInstalled(RULESET, 'the table was gone', { kind: 'changed', pid: 7, command: 'nft' });
  reporter.tableRemoved();
}

function sayOfLife(log: Log): void {
  writeEntry(log, startLine('1.0', { table: 'absent' }, 'undetermined', null));
  writeEntry(log, startLine('1.0', { table: 'unknown', problem: 'no nf_tables' }, 'refuse', 'draining'));
  writeEntry(log, NO_PORTS_LINE);
  for (const line of reloadLines({ applied: ['ports'], atRestart: ['state-dir'] })) writeEntry(log, line);
  for (const table of ['absent', 'foreign'] as const) writeEntry(log, stopLine({ table }, 'cleanup'));
}
