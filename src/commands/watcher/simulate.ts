// `simulate`: a rehearsal. Firewall, scripts and listeners act as if the API reported another state.
import { parseState } from '../../watcher/control/protocol.ts';
import { KNOWN_STATES } from '../../watcher/domain/instance-state.ts';
import { asUsage, holdInForeground, LEASE_HELP, parseLeaseDuration, withDuration } from './held-lease.ts';
import { AGENT_SETTINGS, type Situation, type Subcommand, type SubcommandLine } from './subcommand.ts';

export const SIMULATE: Subcommand = {
  name: 'simulate',
  summary: 'act for a while as if the API reported a state',
  words: KNOWN_STATES,
  settings: AGENT_SETTINGS,
  declare: (command) =>
    withDuration(
      command
        .description(
          'Acts for a while as if the API reported the state: refuses new connections when it is one that drains, runs its scripts, and at the end those of the state that the instance is in.',
        )
        .usage('STATE --for DURATION [options]')
        .argument('[state]', 'usually draining'),
    ).addHelpText('after', LEASE_HELP),
  run: simulate,
};

async function simulate(line: SubcommandLine, situation: Situation): Promise<number> {
  const state = asUsage('simulate', () => parseState(line.operands[0]));
  const seconds = parseLeaseDuration('simulate', line.options.for);
  return holdInForeground('simulate', { kind: 'simulation', state, seconds }, line, situation);
}
