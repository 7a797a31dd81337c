// What a cycle may do, and what it may say. The loop performs these in order and knows nothing else.
import type { Desired, RecordedState } from './agent-state.ts';
import type { OpenCause, Reason } from './decision.ts';
import type { DrainRuleset } from './desired-firewall.ts';
import type { DrainOutcome } from './drain.ts';
import type { Lease, LeaseEnd } from './lease.ts';

export type Step =
  /** `restoring`: the table was in place and somebody took it away or changed it. */
  | { readonly kind: 'apply-ruleset'; readonly ruleset: DrainRuleset; readonly restoring: string | null }
  | { readonly kind: 'remove-ruleset' }
  | { readonly kind: 'record'; readonly record: RecordedState }
  /** After the ruleset that closes published flows: ends what this host's own sockets still serve. */
  | { readonly kind: 'close-connections'; readonly ruleset: DrainRuleset }
  | {
      readonly kind: 'run-hooks';
      readonly from: string;
      readonly to: string;
    }
  /** The scripts in `drained/`, once in a drain. */
  | {
      readonly kind: 'run-drained-hooks';
      readonly outcome: DrainOutcome;
      /** Null when it is not known. */
      readonly connectionsLeft: number | null;
    }
  | { readonly kind: 'announce'; readonly announcement: Announcement };

export type Announcement =
  | {
      readonly event: 'state-changed';
      readonly from: string | null;
      readonly to: string;
      /** Present where a simulation has the say. */
      readonly isSimulated?: true;
    }
  /** The first answer after a start, when it is the state on record. */
  | { readonly event: 'state-confirmed'; readonly state: string }
  | { readonly event: 'lease-began'; readonly lease: Lease }
  /** `why` is null where it is not known. */
  | { readonly event: 'lease-ended'; readonly lease: Lease; readonly why: LeaseEnd | null }
  /** `isEnforced` is false without ports: then nothing is refused. `inMs`: after `--refuse-delay`. */
  | {
      readonly event: 'refusing';
      readonly reasons: readonly Reason[];
      readonly isEnforced: boolean;
      readonly inMs: number;
    }
  | ({ readonly event: 'open' } & OpenCause)
  | { readonly event: 'drained'; readonly lastedMs: number }
  | {
      readonly event: 'drain-timeout';
      readonly lastedMs: number;
      readonly connectionsLeft: number | null;
      readonly isClosing: boolean;
    }
  | {
      readonly event: 'hold-began' | 'hold-cause';
      readonly class: string;
      readonly message: string;
      readonly desired: Desired;
    }
  | { readonly event: 'hold-ended'; readonly lastedMs: number }
  | { readonly event: 'hold-expired'; readonly lastedMs: number; readonly desired: Desired }
  | { readonly event: 'no-information'; readonly polls: number };
