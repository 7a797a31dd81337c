// What attempts to connect tell about a port: pure, so that the judgement has a test of its own.

/** `silent` is neither accepted nor refused at once: a lost SYN, a refusal by ICMP. */
export type Outcome = 'accepted' | 'refused' | 'silent';

export interface Attempt {
  readonly address: string;
  readonly outcome: Outcome;
  readonly startedMs: number;
  readonly endedMs: number;
}

/**
 * The longest time in which one address can have been open, given attempts in their order: from the start of a refused
 * attempt to the end of the next refused one, whatever came between. Infinite where it was not closed at first and at last.
 */
export function longestOpeningMs(attempts: readonly Attempt[]): number {
  const byAddress = Map.groupBy(attempts, ({ address }) => address);
  return Math.max(...[...byAddress.values()].map(longestOfOneMs));
}

function longestOfOneMs(attempts: readonly Attempt[]): number {
  if (attempts[0]?.outcome !== 'refused' || attempts.at(-1)?.outcome !== 'refused')
    return Number.POSITIVE_INFINITY;
  const refused = attempts.filter(({ outcome }) => outcome === 'refused');
  return Math.max(0, ...refused.slice(1).map((one, index) => one.endedMs - refused[index]!.startedMs));
}
