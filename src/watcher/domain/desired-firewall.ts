// The ruleset a drain asks for, and whether what the kernel holds already is that.

export interface DrainRuleset {
  readonly ports: readonly { readonly first: number; readonly last: number }[];
  readonly allowFrom: readonly string[];
  readonly includeLoopback: boolean;
  /** Whether it also resets established flows to published ports. */
  readonly closing: boolean;
}

/** What was found under our name; `unknown` when it could not be read. */
export type TableObservation =
  | { readonly table: 'absent' }
  | { readonly table: 'foreign' }
  | {
      readonly table: 'ours';
      readonly ownership: 'owned' | 'plain';
      readonly holder: 'us' | 'nobody' | 'other';
      readonly ruleset: DrainRuleset | null;
      readonly difference: string | null;
    }
  | { readonly table: 'unknown'; readonly problem: string };

/** Whether two rulesets refuse, and reset, exactly the same connections. Both are in the canonical order of `Ruleset`. */
export function isSameRuleset(a: DrainRuleset, b: DrainRuleset): boolean {
  return (
    a.includeLoopback === b.includeLoopback &&
    a.closing === b.closing &&
    a.ports.length === b.ports.length &&
    a.ports.every((range, i) => range.first === b.ports[i]?.first && range.last === b.ports[i]?.last) &&
    a.allowFrom.length === b.allowFrom.length &&
    a.allowFrom.every((cidr, i) => cidr === b.allowFrom[i])
  );
}

/** Whether the table found refuses exactly what is desired and is held as it should be (an orphan is not). */
export function isInPlace(desired: DrainRuleset, found: TableObservation): boolean {
  return (
    found.table === 'ours' &&
    found.ruleset !== null &&
    isSameRuleset(desired, found.ruleset) &&
    (found.ownership === 'plain' || found.holder === 'us')
  );
}
