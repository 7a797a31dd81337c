// cs-instance-watcher(8): the lists from the program's own definitions, and what --help has no room for.
import { describeAgent, SUBCOMMANDS } from '../../src/commands/watcher/program.ts';
import { describeSubcommand } from '../../src/commands/watcher/subcommand.ts';
import { environmentName, fileKey, OPTIONS } from '../../src/watcher/config/options.ts';
import { commandEntry, optionEntries, synopsis, visibleOptions } from './command-page.ts';
import { nextParagraph, pageTitle, paragraphs, type Roff, section, tagged, verbatim } from './roff.ts';

export function watcherPage(version: string, date: Date): Roff {
  const agent = describeAgent(version);
  const name = agent.name();
  return [
    ...pageTitle({
      name,
      section: 8,
      date,
      source: `${name} ${version}`,
      manual: 'System Administration',
    }),
    ...section('NAME', [
      `${name.replaceAll('-', '\\-')} \\- refuse new TCP connections while CloneSquad drains this instance`,
    ]),
    ...section('SYNOPSIS', synopsis(agent)),
    ...section('DESCRIPTION', DESCRIPTION),
    ...section(
      'OPTIONS',
      paragraphs(
        `Every option but those that name the file or another action can also be a variable of the environment (\`${environmentName(EXAMPLE.name)}=5\`) and a key of the configuration file (\`${fileKey(EXAMPLE.name)}\`). The command line goes before the environment, that before the file, and that before the default; \`--print-config\` shows which it was. An option that takes a value takes its default when it is given bare.`,
      ),
      optionEntries(agent),
    ),
    ...section(
      'COMMANDS',
      SUBCOMMANDS.flatMap(({ name: command, summary }) => tagged(command, summary)),
      ...SUBCOMMANDS.map((one) => commandEntry(describeSubcommand(one), visibleOptions(agent), 'OPTIONS')),
    ),
    ...section('SCRIPTS', SCRIPTS),
    ...section('SIGNALS', SIGNALS),
    ...section('EXIT STATUS', EXIT_STATUS),
    ...section('ENVIRONMENT', ENVIRONMENT),
    ...section('FILES', FILES),
    ...section('EXAMPLES', EXAMPLES),
    ...section('SEE ALSO', paragraphs('`cs-interact`(1), `nft`(8), `systemd.service`(5), `journalctl`(1)')),
  ];
}

const EXAMPLE = OPTIONS.pollPeriodMs;

const DESCRIPTION = [
  ...paragraphs(
    'Without a command it is the agent: it asks the Interaction API of CloneSquad for the state of this instance, and while the instance drains it answers every SYN to the given ports with a RST. No established connection is touched. What the state is called and what follows from it:',
  ),
  ...tagged('draining, stopping', 'new connections are refused;'),
  ...tagged('running, pending, bounced, error, stopped', 'new connections are accepted;'),
  ...tagged(
    'any other state, no answer, an error, an answer that cannot be read',
    'the firewall stays as it is, without limit unless `--max-hold` sets one.',
  ),
  ...nextParagraph(
    'The tag `clonesquad:excluded` set to `true` drains as well, and so do the sources that `--drain-on` names. An instance of the main fleet that is behind target groups of AWS is left to AWS, unless `--force` is given.',
  ),
  ...nextParagraph(
    'A drain is complete when no connection is left, counted twice, a second apart. It survives the agent: when the agent ends or is killed the ports stay closed, and the next one goes on with it. After a reboot the ports are open until the API has answered.',
  ),
  ...nextParagraph(
    'The agent runs on any host. Where it cannot filter, or where there is nothing to do, it says so once and goes on; only usage, configuration and another agent end it.',
  ),
];

const SCRIPTS = [
  ...paragraphs(
    'When the state changes, the executables in the directory of `--script-dir` that is called like the new state run one after the other, in bytewise order of their names, with the new and the old state as arguments. Those in `drained` run once at the end of a drain. Scripts, and every directory on the way to them, must be owned by root and writable by nobody else. Names with a leading dot and those ending in ~, .rpmsave or .dpkg-* are left out. Scripts delay neither the firewall nor a poll. Each change runs them once at most; newer changes replace those not begun.',
  ),
  ...nextParagraph('Their environment:'),
  ...tagged('CS_STATE, CS_PREVIOUS_STATE', 'the states, the old one `unknown` where there is none;'),
  ...tagged('CS_INSTANCE_ID', 'the instance;'),
  ...tagged('CS_REASON, CS_REASONS', 'the first reason to drain, and all of them;'),
  ...tagged('CS_TRANSITION_ID', 'the id of the change, which stands in every line of the log about it;'),
  ...tagged('CS_SCRIPT', 'the script;'),
  ...tagged('CS_OVERRIDE, CS_OVERRIDE_REASON', '`open` or `closed` while an override is in force, and why;'),
  ...tagged('CS_SIMULATED', '`true` while a simulation is in force, else `false`;'),
  ...tagged(
    'CS_DRAINED, CS_CONNECTIONS_LEFT',
    'in `drained` only: `complete` or `timeout`, and the connections then left, a number or `unknown`: those before closing, with `--on-drain-timeout close`.',
  ),
];

const SIGNALS = [
  ...tagged('SIGTERM, SIGINT', 'end the agent. A drain stays closed, and the log says how to open it.'),
  ...tagged(
    'SIGHUP',
    'reads the configuration again. One that is invalid changes nothing; logging, directories and the ownership of the table need a restart.',
  ),
];

const EXIT_STATUS = [
  ...tagged('0', 'done, or ended by a signal'),
  ...tagged('1', 'error'),
  ...tagged('2', 'usage or configuration'),
  ...tagged('6', 'a command found no agent running'),
  ...tagged('75', 'another agent holds the lock, or the time to wait is over'),
  ...nextParagraph(
    '`status` tells the condition: 0 open, 3 draining, 4 drained, 5 degraded, 6 no agent runs or it does not answer. The unit does not start the agent again on 2 and 75.',
  ),
];

const ENVIRONMENT = [
  ...tagged('CS_*', 'options of the agent, see OPTIONS'),
  ...tagged(
    'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE',
    'credentials, before those of the role of the instance',
  ),
  ...tagged('AWS_REGION, AWS_DEFAULT_REGION', 'the region, before that of the metadata'),
  ...tagged(
    'AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL_EC2, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT',
    'where the services of AWS are',
  ),
  ...tagged(
    'AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, AWS_EC2_METADATA_DISABLED',
    'where the metadata service is, or that there is none',
  ),
  ...tagged('AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS', 'certificates to trust besides'),
  ...tagged('HTTPS_PROXY, NO_PROXY', 'the proxy, which is never used for the metadata service'),
  ...tagged(
    'NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID',
    'of systemd: the agent tells it when it is ready and where it stands, and before each wait how soon it is back; an agent that hangs is then started anew. A drain stays closed meanwhile.',
  ),
  ...tagged('NO_COLOR', 'has `status` use no colours'),
];

const FILES = [
  ...tagged(OPTIONS.configFile.default, 'the configuration, a JSON object; it need not be there'),
  ...tagged(`${OPTIONS.scriptDir.default}/STATE/*`, 'scripts'),
  ...tagged(
    `${OPTIONS.stateDir.default}/record.json`,
    'what was decided last, and which scripts have not ended; of this boot only',
  ),
  ...tagged(`${OPTIONS.stateDir.default}/context.json`, 'instance, group and API as last discovered'),
  ...tagged(`${OPTIONS.runtimeDir.default}/control.sock`, 'the control socket, for root only'),
  ...tagged(`${OPTIONS.runtimeDir.default}/lock`, 'the lock of the one agent'),
];

const EXAMPLES = [
  ...paragraphs('A service that drains the ports 80 and 443:'),
  ...verbatim(
    `cs-instance-watcher --on-draining-block-new-connections-to-ports 80 443 \\
    --generate-systemd /etc/systemd/system/cs-instance-watcher.service
systemctl daemon-reload
systemctl enable --now cs-instance-watcher`,
  ),
  ...nextParagraph(
    'What a drain would do, and whether this host can do it; both take the options of the agent, where it is not configured by its file:',
  ),
  ...verbatim('cs-instance-watcher plan draining\ncs-instance-watcher doctor'),
  ...nextParagraph('Open the ports for ten minutes, whatever the API says, until Ctrl-C at the latest:'),
  ...verbatim("cs-instance-watcher override open --for 600 --reason 'balancer is being moved'"),
  ...nextParagraph('Shut down once the last connection has ended, or after five minutes:'),
  ...verbatim('cs-instance-watcher wait drained --timeout 300; systemctl poweroff'),
];
