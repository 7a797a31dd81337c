// What a cycle may do, and what it may say. The loop performs these in order and knows nothing else.
import type { Desired, RecordedState } from './agent-state.ts';
import type { Reason } from './decision.ts';
import type { DrainRuleset } from './desired-firewall.ts';

export type Step =
  /** `restoring`: the table was in place and somebody took it away or changed it. */
  | { readonly kind: 'apply-ruleset'; readonly ruleset: DrainRuleset; readonly restoring: string | null }
  | { readonly kind: 'remove-ruleset' }
  | { readonly kind: 'record'; readonly record: RecordedState }
  | {
      readonly kind: 'run-hooks';
      readonly from: string;
      readonly to: string;
      readonly reasons: readonly Reason[];
    }
  | { readonly kind: 'announce'; readonly announcement: Announcement };

export type Announcement =
  | { readonly event: 'state-changed'; readonly from: string | null; readonly to: string }
  /** The first answer after a start, when it is the state on record. */
  | { readonly event: 'state-confirmed'; readonly state: string }
  /** `isEnforced` is false without ports: then nothing is refused. */
  | { readonly event: 'refusing'; readonly reasons: readonly Reason[]; readonly isEnforced: boolean }
  | {
      readonly event: 'open';
      readonly because: 'state' | 'target-groups' | 'not-managed';
      readonly detail: string;
    }
  | {
      readonly event: 'hold-began' | 'hold-cause';
      readonly class: string;
      readonly message: string;
      readonly desired: Desired;
    }
  | { readonly event: 'hold-ended'; readonly lastedMs: number }
  | { readonly event: 'hold-expired'; readonly lastedMs: number }
  | { readonly event: 'no-information'; readonly polls: number };
