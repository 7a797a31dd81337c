// The words for what the plan announces.
import type { Announcement } from '../domain/step.ts';
import type { LogEntry } from './log-entry.ts';

/** The line that tells an announcement. */
export function announcementLine(a: Announcement): LogEntry {
  switch (a.event) {
    case 'state-changed':
      return info({ event: a.event, from: a.from, to: a.to }, `state ${a.from ?? 'unknown'} -> ${a.to}`);
    case 'state-confirmed':
      return info({ event: a.event, state: a.state }, `state ${a.state}, as recorded`);
    case 'refusing': {
      const reasons = a.reasons.map((reason) => `${reason.source} ${reason.detail}`);
      const what = a.isEnforced
        ? 'new connections are to be refused'
        : 'new connections would be refused, but no ports are given';
      return info({ event: a.event, reasons }, `${what}: ${reasons.join(', ')}`);
    }
    case 'open':
      return openLine(a.because, a.detail);
    case 'hold-began':
    case 'hold-cause': {
      const trouble = a.class === 'no-verdict' ? '' : `state unknown (${a.class}): `;
      return warn({ event: a.event, class: a.class }, `${trouble}${a.message}; ${standsAs(a.desired)}`);
    }
    case 'hold-ended':
      return info(
        { event: a.event, lastedMs: Math.round(a.lastedMs) },
        `state known again after ${seconds(a.lastedMs)}`,
      );
    case 'hold-expired':
      return warn(
        { event: a.event, lastedMs: Math.round(a.lastedMs) },
        `no verdict for ${seconds(a.lastedMs)}: --max-hold is over, the ports are opened`,
      );
    case 'no-information':
      return warn(
        { event: a.event, polls: a.polls },
        `degraded: the API has had no information about this instance for ${a.polls} polls`,
      );
  }
}

function openLine(because: 'state' | 'target-groups' | 'not-managed', detail: string): LogEntry {
  const fields = { event: 'open', because };
  switch (because) {
    case 'state':
      // The line of the state's change has said it.
      return { level: 'debug', fields, message: `open: state ${detail}` };
    case 'target-groups':
      return info(
        fields,
        `left to AWS: the deployment has ${detail} and this is a main-fleet instance; --force acts all the same`,
      );
    case 'not-managed':
      return info(fields, `not managed by CloneSquad: ${detail}`);
  }
}

function standsAs(desired: 'refuse' | 'open' | 'undetermined'): string {
  switch (desired) {
    case 'refuse':
      return 'the ports stay closed';
    case 'open':
      return 'the ports stay open';
    case 'undetermined':
      return 'the firewall stays as it is';
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function info(fields: LogEntry['fields'], message: string): LogEntry {
  return { level: 'info', fields, message };
}

function warn(fields: LogEntry['fields'], message: string): LogEntry {
  return { level: 'warn', fields, message };
}
