// The options that an agent on this host has, for a command that was given none.
import type { AgentConfig } from '../../../watcher/config/agent-config.ts';
import { findAgent } from './agent-presence.ts';
import { type HostFiles, seen } from './host-files.ts';
import { UNIT, UNIT_DIRECTORIES } from './unit-files.ts';

export interface AgentOptions {
  /** Who has them, in words. */
  readonly whose: string;
  /** Joined; never empty. */
  readonly args: string;
}

/** Of the agent that runs, else of the unit that would start one; null when there is neither, or it has none. */
export function optionsOfAgent(
  host: HostFiles,
  uid: number,
  config: Pick<AgentConfig, 'runtimeDir'>,
): AgentOptions | null {
  const { pid, args, others } = findAgent({ host, uid, config });
  const running = [...(pid === null ? [] : [{ pid, args }]), ...others].find((one) => one.args !== '');
  if (running !== undefined) return { whose: `the agent that runs (pid ${running.pid})`, args: running.args };
  for (const directory of UNIT_DIRECTORIES) {
    const unit = seen(host.text(`${directory}/${UNIT}`));
    if (unit === null) continue;
    const ofUnit = argumentsOfUnit(unit);
    return ofUnit === '' ? null : { whose: `${directory}/${UNIT}`, args: ofUnit };
  }
  return null;
}

/** As they stand in the unit, quoted for systemd. */
function argumentsOfUnit(unit: string): string {
  const command = /^ExecStart=.*?\/cs-instance-watcher"?[ \t]+(.*)$/m.exec(
    unit.replace(/[ \t]*\\\n[ \t]*/g, ' '),
  );
  return command?.[1]?.trim() ?? '';
}
