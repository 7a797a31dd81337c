// The words for what the plan announces.
import type { Lease, LeaseEnd } from '../domain/lease.ts';
import type { Announcement } from '../domain/step.ts';
import type { LogEntry } from './log-entry.ts';
import { holderInWords, LEASE_ENDS } from './status-lease.ts';

/** The line that tells an announcement. */
export function announcementLine(a: Announcement): LogEntry {
  switch (a.event) {
    case 'state-changed':
      return stateChanged(a.from, a.to, a.isSimulated === true);
    case 'state-confirmed':
      return info({ event: a.event, state: a.state }, `state ${a.state}, as recorded`);
    case 'lease-began':
      return leaseBegan(a.lease);
    case 'lease-ended':
      return leaseEnded(a.lease, a.why);
    case 'refusing': {
      const reasons = a.reasons.map((reason) => `${reason.source} ${reason.detail}`);
      const when = a.inMs === 0 ? '' : ` in ${seconds(a.inMs)} (--refuse-delay)`;
      const what = a.isEnforced
        ? `new connections are to be refused${when}`
        : 'new connections would be refused, but no ports are given';
      return info({ event: a.event, reasons, inMs: a.inMs }, `${what}: ${reasons.join(', ')}`);
    }
    case 'drained':
      return info(
        { event: a.event, lastedMs: Math.round(a.lastedMs) },
        `drained: no connection is left, ${seconds(a.lastedMs)} after the drain began`,
      );
    case 'drain-timeout': {
      const { connectionsLeft, isClosing } = a;
      const left = `${connectionsLeft ?? 'an unknown number of'} connection(s) left`;
      const then = isClosing ? '; what is left is closed now (--on-drain-timeout close)' : '';
      return warn(
        { event: a.event, lastedMs: Math.round(a.lastedMs), left: connectionsLeft, isClosing },
        `not drained after ${seconds(a.lastedMs)} (--drain-timeout): ${left}${then}`,
      );
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
        a.desired === 'refuse'
          ? `no verdict for ${seconds(a.lastedMs)}: --max-hold is over, the ports stay closed for another reason`
          : `no verdict for ${seconds(a.lastedMs)}: --max-hold is over, the ports are opened`,
      );
    case 'no-information':
      return warn(
        { event: a.event, polls: a.polls },
        `degraded: the API has had no information about this instance for ${a.polls} polls`,
      );
  }
}

function stateChanged(from: string | null, to: string, isSimulated: boolean): LogEntry {
  const fields = { event: 'state-changed', from, to, ...(isSimulated ? { simulated: true } : {}) };
  return info(fields, `state ${from ?? 'unknown'} -> ${to}${isSimulated ? ' (simulated)' : ''}`);
}

function leaseEnded({ kind }: Lease, why: LeaseEnd | null): LogEntry {
  const fields = { event: 'lease-ended', lease: kind, ...(why === null ? {} : { why }) };
  return info(fields, `the ${kind} has ended${why === null ? '' : `, ${LEASE_ENDS[why]}`}`);
}

function leaseBegan(lease: Lease): LogEntry {
  const until = new Date(lease.untilWallMs).toISOString();
  const { holder } = lease;
  const by = holder === undefined ? '' : ` by ${holderInWords(holder)}`;
  const fields = { event: 'lease-began', lease: lease.kind, until, ...holder };
  if (lease.kind === 'simulation')
    return warn(
      { ...fields, state: lease.state },
      `simulating state ${lease.state} until ${until}${by}, whatever the API says`,
    );
  const { verdict, reason } = lease;
  const what = verdict === 'closed' ? 'new connections are to be refused' : 'the ports are to be open';
  return warn(
    { ...fields, verdict, reason },
    `override${by}: ${what} until ${until}, whatever the API says: ${reason}`,
  );
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
