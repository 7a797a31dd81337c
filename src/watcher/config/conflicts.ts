// Options that cannot be followed together.
import type { AgentConfig, Setting } from './agent-config.ts';
import { formatListenAddress, isAmong } from './listen-address.ts';
import { OPTIONS } from './options.ts';

const LISTENERS = ['healthListen', 'agentCheckListen', 'metricsListen'] as const satisfies readonly Setting[];

/** The first contradiction, as one line with what to do about it; null when there is none. */
export function conflictIn(config: AgentConfig): string | null {
  return listenerConflict(config) ?? timeConflict(config);
}

function listenerConflict(config: AgentConfig): string | null {
  const taken = new Map<string, string>();
  for (const setting of LISTENERS) {
    const address = config[setting];
    if (address === null) continue;
    const option = `--${OPTIONS[setting].name} ${formatListenAddress(address)}`;
    if (isAmong(address, config.ports)) {
      return `${option}: port ${address.port} is among the ports that a drain refuses, so nobody could ask there: choose another one`;
    }
    const key = formatListenAddress(address);
    const other = taken.get(key);
    if (other !== undefined) return `${option}: ${other} listens there too: choose another port`;
    taken.set(key, `--${OPTIONS[setting].name}`);
  }
  return null;
}

function timeConflict({ drainTimeoutMs, refuseDelayMs, onDrainTimeout }: AgentConfig): string | null {
  if (drainTimeoutMs === null) {
    return onDrainTimeout === 'close'
      ? '--on-drain-timeout close: never comes without --drain-timeout: give it, in seconds'
      : null;
  }
  return drainTimeoutMs <= refuseDelayMs
    ? `--drain-timeout ${drainTimeoutMs / 1000}: would be over before --refuse-delay ${refuseDelayMs / 1000} lets anything be refused: give more`
    : null;
}
