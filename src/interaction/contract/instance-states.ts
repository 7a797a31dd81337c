// The states that some revision of CloneSquad reports. A client must take any other string too; a person who types one
// has most likely misspelt it.

export const instanceStates = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'draining',
  'bounced',
  'error',
  'excluded',
] as const;

export function isListedState(state: string): boolean {
  return (instanceStates as readonly string[]).includes(state);
}
