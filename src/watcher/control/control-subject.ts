// The agent, as its control socket needs it.
import type { Lease } from '../domain/lease.ts';
import type { StatusDocument } from '../observe/status-document.ts';
import type { Leases } from './leases.ts';
import type { SummaryWatch } from './summary-watch.ts';

export interface ControlSubject {
  /** With what the kernel says now. */
  status(): Promise<StatusDocument>;
  /** In the text form of Prometheus. */
  metrics(): Promise<string>;
  /** Puts a lease in force, or ends the one that is (null). */
  lease(lease: Lease | null): void;
}

/** What answers are made from. */
export interface ControlScene {
  readonly subject: ControlSubject;
  /** Hears every summary of the agent. */
  readonly summaries: SummaryWatch;
  readonly leases: Leases;
}
