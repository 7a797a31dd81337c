// Names of states as a person types them: one that no revision of CloneSquad has is most likely misspelt.
import { instanceStates, isListedState } from '../../interaction/contract/instance-states.ts';
import { isEc2State } from '../../interaction/server/fleet/fleet-instance.ts';
import { CommandFailure } from './command-context.ts';

/** The name. `besides` says what else would be accepted, and how. Throws CommandFailure. */
export function requireListedState(name: string, besides: string): string {
  if (isListedState(name) || isEc2State(name)) return name;
  const near = instanceStates.find((listed) => isNear(listed, name.toLowerCase()));
  const start = near === undefined ? 'expected' : `did you mean ${near}? Expected`;
  const listed = instanceStates.join(', ');
  throw new CommandFailure(2, `${JSON.stringify(name)} is no state: ${start} one of ${listed}${besides}`);
}

/** Whether one letter more, less or other, or two neighbours exchanged, or nothing, makes one word of the other. */
function isNear(one: string, other: string): boolean {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const [a, b] = [one.slice(same), other.slice(same)];
  const isExchanged = a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  return isExchanged || a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1);
}
