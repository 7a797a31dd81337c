// The agent, as its control socket needs it.
import type { Lease, LeaseEnd } from '../domain/lease.ts';
import type { StatusDocument } from '../observe/status-document.ts';
import type { Leases } from './leases.ts';
import type { SummaryWatch } from './summary-watch.ts';

export interface ControlSubject {
  /** With what the kernel says now. */
  status(): Promise<StatusDocument>;
  /** In the text form of Prometheus. */
  metrics(): Promise<string>;
  /** Whether an operator's script runs, or waits to. `SummaryWatch.again` is to be called when none does any more. */
  areScriptsPending(): boolean;
  /** Puts a lease in force, or ends the one that is (null): then `why` is told. */
  lease(lease: Lease | null, why: LeaseEnd | null): void;
}

/** What answers are made from. */
export interface ControlScene {
  readonly subject: ControlSubject;
  /** Hears every summary of the agent. */
  readonly summaries: SummaryWatch;
  readonly leases: Leases;
}
