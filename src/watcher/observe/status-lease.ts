// A lease as people are told of it: in the status, and to whoever asks for another one.
import type { Lease, LeaseEnd, LeaseHolder } from '../domain/lease.ts';
import type { StatusLease } from './status-document.ts';

/** How a lease ended, after `ended, `. */
export const LEASE_ENDS: Readonly<Record<LeaseEnd, string>> = {
  time: 'its time is over',
  released: 'given back',
  connection: 'its connection has ended',
  agent: 'the agent has ended',
};

/** `pid 508 (root, pts/2)`. */
export function holderInWords({ pid, user, terminal }: LeaseHolder): string {
  return `pid ${pid} (${terminal === null ? user : `${user}, ${terminal}`})`;
}

export function leaseStatus(lease: Lease): StatusLease {
  const isOverride = lease.kind === 'override';
  return {
    kind: lease.kind,
    verdict: isOverride ? lease.verdict : null,
    state: isOverride ? null : lease.state,
    reason: isOverride ? lease.reason : null,
    holder: lease.holder ?? null,
    since: new Date(lease.sinceWallMs).toISOString(),
    until: new Date(lease.untilWallMs).toISOString(),
  };
}
