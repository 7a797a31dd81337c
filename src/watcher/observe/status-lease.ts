// A lease as people are told of it: in the status, and to whoever asks for another one.
import type { Lease } from '../domain/lease.ts';
import type { StatusLease } from './status-document.ts';

export function leaseStatus(lease: Lease): StatusLease {
  const isOverride = lease.kind === 'override';
  return {
    kind: lease.kind,
    verdict: isOverride ? lease.verdict : null,
    state: isOverride ? null : lease.state,
    reason: isOverride ? lease.reason : null,
    since: new Date(lease.sinceWallMs).toISOString(),
    until: new Date(lease.untilWallMs).toISOString(),
  };
}
