// What a CloneSquad state means for new connections, and whether its name may be used at all.

/** `none`: the state says nothing about the firewall, which then stays as it is. */
export type Verdict = 'refuse' | 'open' | 'none';

const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['draining', 'refuse'],
  // The API erases the draining mark when StopInstances is accepted: stopping continues the drain.
  ['stopping', 'refuse'],
  ['running', 'open'],
  ['pending', 'open'],
  ['bounced', 'open'],
  ['error', 'open'],
  ['stopped', 'open'],
]);

/** The states that have a verdict. */
export const KNOWN_STATES: readonly string[] = [...VERDICTS.keys()];

/** The verdict of a state as the API sent it; states not listed (D0's `excluded` masks a drain) give none. */
export function verdictOfState(state: string): Verdict {
  return VERDICTS.get(state) ?? 'none';
}

/** Whether a state may name a hook directory and be handed to scripts: `[a-z][a-z0-9_-]*`, at most 64 characters. */
export function isWellFormedState(state: string): boolean {
  return /^[a-z][a-z0-9_-]{0,63}$/.test(state);
}
