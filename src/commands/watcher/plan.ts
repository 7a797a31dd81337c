// `plan`: what the agent would do for a state, as text. Reads the configuration and the script directory, and touches nothing.
import { type AgentConfig, ConfigError } from '../../watcher/config/agent-config.ts';
import { OPTIONS, SETTINGS } from '../../watcher/config/options.ts';
import { resolveConfig } from '../../watcher/config/resolve.ts';
import type { DrainRuleset } from '../../watcher/domain/desired-firewall.ts';
import { isWellFormedState, KNOWN_STATES } from '../../watcher/domain/instance-state.ts';
import { judgeScripts } from '../../watcher/hooks/judge-scripts.ts';
import { ROOT_ONLY } from '../../watcher/hooks/path-trust.ts';
import { planText } from '../../watcher/observe/plan-text.ts';
import { complaints } from './complaints.ts';
import { optionsOfAgent } from './doctor/agent-options.ts';
import { HostFiles } from './doctor/host-files.ts';
import { EXIT } from './exit-status.ts';
import type { Situation, Subcommand, SubcommandLine } from './subcommand.ts';

const DEFAULT_STATE = 'draining';

export const PLAN: Subcommand = {
  name: 'plan',
  summary: 'say what would be done for a state, as an nft ruleset; nothing is touched',
  words: KNOWN_STATES,
  // All but those that ask for another action: the command line of an agent fits as it is.
  settings: SETTINGS.filter((setting) => OPTIONS[setting].only !== 'command-line'),
  declare: (command) =>
    command
      .description(
        'Says what the agent would do for a state: an nft ruleset that `nft -c -f` accepts, with comments; beside a table that an agent protects, check it with `unshare -n nft -c -f FILE`. Touches nothing. Give it the options of the agent.',
      )
      .usage('[STATE] [options of the agent]')
      .argument('[STATE]', `state as the API would report it (default: ${DEFAULT_STATE})`)
      .addHelpText('after', '\nExit status: 0 done, 2 usage or configuration.'),
  run: printPlan,
};

/** No socket, no lock, nothing written. A configuration that no agent would start with throws `ConfigError`. */
async function printPlan({ given, operands }: SubcommandLine, { env, cwd }: Situation): Promise<number> {
  const complain = complaints('plan');
  const state = stateOf(operands);
  const { config, warnings } = resolveConfig({ given, env, cwd });
  for (const warning of warnings) complain(warning);
  const notice = config.ports.length === 0 ? noticeOf(state, config) : null;
  if (notice !== null) complain(notice);
  const scriptsFor = (name: string) => judgeScripts(config.scriptDir, name, ROOT_ONLY);
  const text = planText({
    ...config,
    state,
    notice,
    ruleset: rulesetOf(config),
    scripts: await scriptsFor(state),
    drainedScripts: await scriptsFor('drained'),
    isRoot: process.geteuid?.() === 0,
  });
  process.stdout.write(text);
  return EXIT.done;
}

/** An agent with options, while this command was given no ports, would do something else than is said here. */
function noticeOf(state: string, config: Pick<AgentConfig, 'runtimeDir'>): string | null {
  const agent = optionsOfAgent(new HostFiles(), process.geteuid?.() ?? 0, config);
  if (agent === null) return null;
  return `no ports are given here, and ${agent.whose} has options: cs-instance-watcher plan ${state} ${agent.args}`;
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
