// `override`: an operator decides for a while whether new connections are refused, whatever the API says.
import { ConfigError } from '../../watcher/config/agent-config.ts';
import { parseReason } from '../../watcher/control/protocol.ts';
import { shown } from './operand.ts';
import { asUsage, holdInForeground, LEASE_HELP, parseLeaseDuration, withDuration } from './held-lease.ts';
import { AGENT_SETTINGS, type Situation, type Subcommand, type SubcommandLine } from './subcommand.ts';

export const OVERRIDE: Subcommand = {
  name: 'override',
  summary: 'open or close the ports for a while, whatever the API says',
  words: ['open', 'closed'],
  settings: AGENT_SETTINGS,
  declare: (command) =>
    withDuration(
      command
        .description(
          'Opens or closes the ports for a while, whatever the API says. The state, and the scripts of state changes, stay as they are.',
        )
        .usage('open|closed --for DURATION --reason TEXT [options]')
        .argument('[verdict]', 'open: no connection is refused; closed: new connections are refused'),
    )
      .requiredOption('--reason <TEXT>', 'for those who wonder: in the log, the status and the scripts')
      .addHelpText('after', LEASE_HELP),
  run: override,
};

async function override(line: SubcommandLine, situation: Situation): Promise<number> {
  const [verdict] = line.operands;
  if (verdict !== 'open' && verdict !== 'closed')
    throw new ConfigError('usage', `override: expected open or closed, got ${shown(verdict)}`);
  const reason = asUsage('override', () => parseReason(line.options.reason));
  const seconds = parseLeaseDuration('override', line.options.for);
  return holdInForeground('override', { kind: 'override', verdict, reason, seconds }, line, situation);
}
