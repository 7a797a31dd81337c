// The configuration in force here, and whether it is the one of the agent that runs.
import type { Origin } from '../../../../watcher/config/agent-config.ts';
import { formatPortRange } from '../../../../watcher/domain/port-ranges.ts';
import { judgePath, type Refusal, ROOT_ONLY } from '../../../../watcher/hooks/path-trust.ts';
import { findAgent } from '../agent-presence.ts';
import { type Check, type Finding, ok, warning } from '../check.ts';
import type { Subject } from '../subject.ts';

export const configuration: Check = {
  id: 'configuration',
  title: 'configuration',
  place: 'host',
  look: async (subject) => {
    const { config } = subject;
    const judgement = await judgePath(config.configFile, ROOT_ONLY).catch(() => null);
    return judgeConfiguration(
      subject,
      findAgent(subject).args,
      judgement?.trusted === false ? judgement.refusal : null,
    );
  },
};

/**
 * `agentArgs` are the options of the agent that runs, as text; empty when it has none or none runs. `untrusted` says why
 * others than root decide what the file says.
 */
export function judgeConfiguration(
  { config, origins, warnings }: Pick<Subject, 'config' | 'origins' | 'warnings'>,
  agentArgs: string,
  untrusted: Refusal | null,
): Finding {
  // Where the file is says nothing of what is in it.
  const given = Object.entries(origins).flatMap(([setting, origin]) =>
    setting === 'configFile' ? [] : [origin],
  );
  const isTold = given.some(({ from }) => from === 'command-line');
  const asTheAgent = agentArgs !== '' && !isTold ? `cs-instance-watcher doctor ${agentArgs}` : null;
  const ports = config.ports.map(formatPortRange).join(' ');
  const told = `${ports === '' ? 'no ports' : `ports ${ports}`}, from ${sources(given)}`;
  if (asTheAgent !== null) {
    return warning(`${told}: the agent that runs was started with options, doctor was not`, asTheAgent);
  }
  if (untrusted !== null) {
    const { path, problem, remedy } = untrusted;
    return warning(
      `${told}: ${path} ${problem}, so that others than root decide which API is believed`,
      remedy,
    );
  }
  const complaints = [...warnings];
  if (config.ports.length === 0) complaints.push('without ports nothing is ever refused, only scripts run');
  if (config.dryRun) complaints.push('with --dry-run nothing is refused and no script runs');
  if (config.instanceState !== null)
    complaints.push(`--instance-state ${config.instanceState} stands in for whatever the API says`);
  if (complaints.length === 0) return ok(told);
  const isOnlyPorts = complaints.length === 1 && config.ports.length === 0;
  const remedy = isOnlyPorts
    ? `"on-draining-block-new-connections-to-ports": [80, 443] in ${config.configFile}, or the option of that name`
    : 'see where each comes from: cs-instance-watcher --print-config';
  return warning(`${told}: ${complaints.join('; ')}`, remedy);
}

function sources(origins: readonly Origin[]): string {
  const names = new Set(
    origins.flatMap((origin): string[] => {
      if (origin.from === 'default') return [];
      return [origin.from === 'file' ? origin.name : `the ${origin.from.replace('-', ' ')}`];
    }),
  );
  return names.size === 0 ? 'the defaults' : [...names].join(' and ');
}
