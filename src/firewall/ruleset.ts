// The values that cross the native boundary: what the drain table should be, and what the kernel says it is.

/** An inclusive range of TCP ports, 1 <= first <= last <= 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What the drain table refuses. Ownership is the firewall's own choice, not part of it. */
export interface Ruleset {
  /** Sorted, disjoint and not adjacent; 1 to 4,096 ranges. */
  readonly ports: readonly PortRange[];
  /** Sources that are never refused: canonical CIDR strings, IPv4 before IPv6, each family sorted by address, disjoint. */
  readonly allowFrom: readonly string[];
  /** Whether connections over the loopback interface are refused too. */
  readonly includeLoopback: boolean;
  /**
   * Whether what is left of connections to published ports (DNATed, of an address of this host) is reset at its client's next
   * packet, but for the sources in `allowFrom` and what comes over loopback. Conntrack runs as long as the table is there.
   */
  readonly closing: boolean;
}

/** How the table is held: `owned` has the flags owner and persist (Linux 6.9), `plain` has neither. */
export type Ownership = 'owned' | 'plain';

/** What `inspect` found under our name. */
export type Inspection =
  | { readonly table: 'absent' }
  /** Our name without our mark. */
  | { readonly table: 'foreign'; readonly comment: string | null }
  | {
      readonly table: 'ours';
      readonly ownership: Ownership;
      /** `us`: our socket owns it. `nobody`: plain, or an orphan whose owner died. `other`: a live socket of someone else's. */
      readonly holder: 'us' | 'nobody' | 'other';
      /** What it refuses, or null when its chains or rules are not exactly the ones we write (`difference` says which). */
      readonly ruleset: Ruleset | null;
      readonly difference: string | null;
      /** SYNs refused, one count per range of `ruleset.ports`; null where the kernel has no element counters. */
      readonly refused: readonly number[] | null;
    };

/** One change to the ruleset by somebody else, a kernel generation at a time. */
export interface RulesetEvent {
  /** `changed`: a generation touched our table. `overflow`: events were lost, look again. */
  readonly kind: 'changed' | 'overflow';
  /** Who did it, where the kernel tells: the committing thread's id and name, which are its process's for programs of one thread. */
  readonly pid: number | null;
  readonly command: string | null;
}

/** Connections that a drain waits for. */
export type ConnectionCount =
  | {
      readonly known: true;
      /** One count per range of the ports asked for. */
      readonly perRange: readonly number[];
      readonly total: number;
      /** Conntrack entries idle for over an hour, not part of `total`. */
      readonly idle: number;
    }
  /** Nobody may call this drained: `reason` says what could not be read. */
  | { readonly known: false; readonly reason: string };

/** What of the kernel's nf_tables works here, found by uncommitted trial batches, never by version. */
export interface KernelFeatures {
  readonly ownerPersist: boolean;
  readonly destroyTable: boolean;
  readonly elementCounters: boolean;
  readonly tableComments: boolean;
  /** `uname -r`, for messages only. */
  readonly kernelRelease: string;
}

/**
 * What `destroy` achieved. Connections that ended meanwhile are in neither number, nor are those of published ports, which have no
 * socket here.
 */
export interface DestroyResult {
  /** Connections that the kernel closed, resetting their peers. */
  readonly closed: number;
  /** Connections that it would not close: they are still open, or are stubs that it ends by itself. */
  readonly failed: number;
}
