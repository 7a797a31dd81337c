// Desired against actual: the one place where a change of the firewall is decided.
import type { AgentState } from './agent-state.ts';
import { type DrainRuleset, isInPlace, type TableObservation } from './desired-firewall.ts';
import type { Step } from './step.ts';

/**
 * The step that brings the table found to the one desired, if any. `adopted` in the result says whether, after the step, this
 * process stands behind the table: until then a table that looks right is applied once more, which takes over an orphan.
 */
export function firewallSteps(
  state: AgentState,
  found: TableObservation,
  ruleset: DrainRuleset | null,
): { readonly steps: readonly Step[]; readonly adopted: boolean } {
  if (state.desired === 'undetermined') return { steps: [], adopted: false };
  if (state.desired === 'open' || ruleset === null) {
    // Not ours, or not readable: nothing of ours to remove, or the next cycle's turn.
    return { steps: found.table === 'ours' ? [{ kind: 'remove-ruleset' }] : [], adopted: false };
  }
  if (state.adopted && isInPlace(ruleset, found)) return { steps: [], adopted: true };
  return {
    steps: [{ kind: 'apply-ruleset', ruleset, restoring: state.adopted ? whatWasFound(found) : null }],
    adopted: true,
  };
}

function whatWasFound(found: TableObservation): string {
  switch (found.table) {
    case 'absent':
      return 'the table was gone';
    case 'foreign':
      return "someone else's table stood under its name";
    case 'unknown':
      return found.problem;
    case 'ours':
      return (
        found.difference ??
        (found.ruleset === null ? 'the table was altered' : 'the table refused other ports')
      );
  }
}
