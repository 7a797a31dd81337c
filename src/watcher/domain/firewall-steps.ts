// Desired against actual: the one place where a change of the firewall is decided.
import type { Desired } from './agent-state.ts';
import { type DrainRuleset, isInPlace, type TableObservation } from './desired-firewall.ts';
import type { Step } from './step.ts';

export interface Wanted {
  readonly desired: Desired;
  /** What a drain refuses; null without ports. */
  readonly ruleset: DrainRuleset | null;
  /** False while `--refuse-delay` lasts: then nothing is put in place, and what is in place stays. */
  readonly isDue: boolean;
  /** Whether this process stands behind the table already. */
  readonly adopted: boolean;
}

/**
 * The steps that bring the table found to the one wanted, if any. `adopted` in the result says whether, after them, this
 * process stands behind the table: until then a table that looks right is applied once more, which takes over an orphan.
 */
export function firewallSteps(
  wanted: Wanted,
  found: TableObservation,
): { readonly steps: readonly Step[]; readonly adopted: boolean } {
  const { desired, ruleset, adopted } = wanted;
  // Nothing is known yet: a table that is there came from a saved ruleset.
  if (desired === 'undetermined') return { steps: [], adopted: false };
  if (desired !== 'refuse' || ruleset === null) {
    // Not ours, or not readable: nothing of ours to remove, or the next cycle's turn.
    return { steps: found.table === 'ours' ? [{ kind: 'remove-ruleset' }] : [], adopted: false };
  }
  if (!wanted.isDue && !adopted && found.table !== 'ours') return { steps: [], adopted: false };
  if (adopted && isInPlace(ruleset, found)) return { steps: [], adopted: true };
  const restoring = adopted ? whatWasFound(found, ruleset) : null;
  const apply: Step = { kind: 'apply-ruleset', ruleset, restoring };
  return {
    steps: ruleset.closing ? [apply, { kind: 'close-connections', ruleset }] : [apply],
    adopted: true,
  };
}

/**
 * What somebody did to the table; null when nobody is known to have: it cannot be read, or it is only ours that changed, as
 * the deadline has passed.
 */
function whatWasFound(found: TableObservation, wanted: DrainRuleset): string | null {
  switch (found.table) {
    case 'absent':
      return 'the table was gone';
    case 'foreign':
      return "someone else's table stood under its name";
    case 'unknown':
      return null;
    case 'ours':
      if (found.difference !== null) return found.difference;
      if (found.ruleset === null) return 'the table was altered';
      return isInPlace({ ...wanted, closing: !wanted.closing }, found)
        ? null
        : 'the table refused other ports';
  }
}
