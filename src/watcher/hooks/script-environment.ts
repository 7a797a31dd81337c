// The whole environment of a script: built from nothing, so that no credential of the agent's can leak into it.
import { homedir } from 'node:os';
import { isWellFormedState } from '../domain/instance-state.ts';
import type { HookTransition } from '../ports.ts';

const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MAX_VALUE_LENGTH = 8192;

/**
 * `env` contributes its well-formed `CS_*` names; what the agent itself knows wins over it. `findHome` may throw, as `homedir`
 * does for a uid that no passwd entry names (systemd's DynamicUser, images without a distribution).
 */
export function scriptEnvironment(
  transition: HookTransition,
  script: string,
  findHome: () => string = homedir,
): Record<string, string> {
  const passedOn = Object.entries(transition.env)
    .filter(([name]) => /^CS_[A-Z0-9_]+$/.test(name))
    .map(([name, value]) => [name, value.replaceAll('\0', '').slice(0, MAX_VALUE_LENGTH)] as const);
  return {
    PATH: SEARCH_PATH,
    HOME: homeOrRoot(findHome),
    LANG: 'C.UTF-8',
    ...Object.fromEntries(passedOn),
    // A drain's outcome is no state: the instance is still in the one it drains in.
    CS_STATE: transition.kind === 'drained' ? previousState(transition) : transition.to,
    CS_PREVIOUS_STATE: previousState(transition),
    CS_TRANSITION_ID: transition.id,
    CS_SCRIPT: script,
  };
}

function homeOrRoot(findHome: () => string): string {
  try {
    return findHome() || '/';
  } catch {
    return '/';
  }
}

/** The word for a state that is not known, or that no script should have to quote. */
export function previousState({ from }: HookTransition): string {
  return isWellFormedState(from) ? from : 'unknown';
}
