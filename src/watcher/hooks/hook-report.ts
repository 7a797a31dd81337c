// What the runner tells of the scripts: typed events, for the log, the record, the status and the metrics.
import type { HooksKey } from '../ports.ts';
import type { Refusal } from './path-trust.ts';
import type { ScriptResult } from './run.ts';

/** What happened; `script` is the script's path. */
export type HookReport = HooksKey &
  (
    | { readonly kind: 'started'; readonly script: string }
    | {
        readonly kind: 'line';
        readonly script: string;
        readonly stream: 'stdout' | 'stderr';
        readonly text: string;
      }
    | ({ readonly kind: 'finished'; readonly script: string } & ScriptResult)
    | ({ readonly kind: 'refused' } & Refusal)
    /** The state's name is not one that may become part of a path, or is `drained`, which is no state's: nothing was looked at. */
    | { readonly kind: 'no-directory' }
    /** Not begun, because a newer change came first: `by`. */
    | { readonly kind: 'superseded'; readonly by: string }
    /** Not begun, because the agent ends. */
    | { readonly kind: 'not-begun' }
    /** Something unforeseen: what was left of the change's scripts is not run. */
    | { readonly kind: 'given-up'; readonly problem: string }
    /** `interrupted`: the agent stopped before every script had run. */
    | {
        readonly kind: 'completed';
        /** Scripts that were to run: those refused, those that did not end with exit status 0, and the rest. */
        readonly scripts: number;
        readonly refused: number;
        readonly failed: number;
        readonly interrupted: boolean;
      }
  );
