// What a person logged in asks for a while: held by a connection to the control socket, gone when that ends.

/** Who holds it, by their own word. */
export interface LeaseHolder {
  readonly pid: number;
  readonly user: string;
  /** `pts/2`; null without one. */
  readonly terminal: string | null;
}

/** Why a lease has ended. `connection`: its holder has gone. */
export type LeaseEnd = 'time' | 'released' | 'connection' | 'agent';

/** Decides alone whether new connections are refused, whatever the API says. */
export interface Override {
  readonly kind: 'override';
  readonly verdict: 'open' | 'closed';
  /** Free text of the person who asked, for those who wonder why. */
  readonly reason: string;
  readonly holder?: LeaseHolder;
  readonly sinceWallMs: number;
  readonly untilWallMs: number;
}

/** Acts as if the API reported another state: firewall, scripts and listeners alike. */
export interface Simulation {
  readonly kind: 'simulation';
  /** Well formed. */
  readonly state: string;
  readonly holder?: LeaseHolder;
  readonly sinceWallMs: number;
  readonly untilWallMs: number;
}

export type Lease = Override | Simulation;

/** Whether two leases are one: a lease is never changed, only ended. */
export function isSameLease(a: Lease | null, b: Lease | null): boolean {
  return a === b || (a !== null && b !== null && a.kind === b.kind && a.sinceWallMs === b.sinceWallMs);
}
