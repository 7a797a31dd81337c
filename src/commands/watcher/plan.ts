// `plan`: what the agent would do for a state, as text. Reads the configuration and the script directory, and touches nothing.
import { type AgentConfig, ConfigError } from '../../watcher/config/agent-config.ts';
import { OPTIONS, SETTINGS } from '../../watcher/config/options.ts';
import { resolveConfig } from '../../watcher/config/resolve.ts';
import type { DrainRuleset } from '../../watcher/domain/desired-firewall.ts';
import { isWellFormedState } from '../../watcher/domain/instance-state.ts';
import { judgeScripts } from '../../watcher/hooks/judge-scripts.ts';
import { ROOT_ONLY } from '../../watcher/hooks/path-trust.ts';
import { planText } from '../../watcher/observe/plan-text.ts';
import { EXIT } from './exit-status.ts';
import type { Situation, Subcommand, SubcommandLine } from './subcommand.ts';

const DEFAULT_STATE = 'draining';

export const PLAN: Subcommand = {
  name: 'plan',
  summary: 'say what would be done for a state, as an nft ruleset; nothing is touched',
  // All but those that ask for another action: the command line of an agent fits as it is.
  settings: SETTINGS.filter((setting) => OPTIONS[setting].only !== 'command-line'),
  declare: (command) =>
    command
      .description(
        "Says what the agent would do for a state: an nft ruleset that `nft -c -f` accepts, with comments. Touches nothing. Takes the agent's options and configuration.",
      )
      .usage('[STATE] [options]')
      .argument('[STATE]', `state as the API would report it (default: ${DEFAULT_STATE})`),
  run: printPlan,
};

/** No socket, no lock, nothing written. A configuration that no agent would start with throws `ConfigError`. */
async function printPlan({ given, operands }: SubcommandLine, { env, cwd }: Situation): Promise<number> {
  const state = stateOf(operands);
  const { config, warnings } = resolveConfig({ given, env, cwd });
  for (const warning of warnings) process.stderr.write(`cs-instance-watcher: plan: ${warning}\n`);
  const scriptsFor = (name: string) => judgeScripts(config.scriptDir, name, ROOT_ONLY);
  const text = planText({
    ...config,
    state,
    ruleset: rulesetOf(config),
    scripts: await scriptsFor(state),
    drainedScripts: await scriptsFor('drained'),
    isRoot: process.geteuid?.() === 0,
  });
  process.stdout.write(text);
  return EXIT.done;
}

function stateOf([state = DEFAULT_STATE]: readonly string[]): string {
  if (isWellFormedState(state)) return state;
  throw new ConfigError(
    'usage',
    `plan: ${JSON.stringify(state)} is no state: give a name of small letters, digits, - and _, such as draining`,
  );
}

/** What a drain begins with. */
function rulesetOf({ ports, allowFrom, includeLoopback }: AgentConfig): DrainRuleset | null {
  return ports.length === 0 ? null : { ports, allowFrom, includeLoopback, closing: false };
}
