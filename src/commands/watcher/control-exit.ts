// The exit status that asking the agent ended with.
import { AgentNotRunning, ControlRefused } from '../../watcher/control/control-client.ts';
import { EXIT } from './exit-status.ts';

/** For an error of the control socket's client. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof AgentNotRunning) return EXIT.notRunning;
  return error instanceof ControlRefused && error.refusal.error === 'lease-held' ? EXIT.locked : EXIT.error;
}
