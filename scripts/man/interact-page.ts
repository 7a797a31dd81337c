// cs-interact(1): the lists from the program's own definitions, and what --help has no room for.
import { describeInteract } from '../interact-program.ts';
import {
  commandEntry,
  commandList,
  leafCommands,
  optionEntries,
  repeatedOptions,
  synopsis,
  visibleOptions,
} from './command-page.ts';
import { nextParagraph, pageTitle, paragraphs, type Roff, section, tagged, verbatim } from './roff.ts';

/** Commands from which on an option is told once for all. */
const MANY = 4;

export function interactPage(version: string, date: Date): Roff {
  const program = describeInteract(version);
  const name = program.name();
  const commands = leafCommands(program);
  const common = repeatedOptions(commands, MANY);
  return [
    ...pageTitle({
      name,
      section: 1,
      date,
      source: `cs-instance-watcher ${version}`,
      manual: 'User Commands',
    }),
    ...section('NAME', [
      `${name.replaceAll('-', '\\-')} \\- operate the Interaction API of CloneSquad, or serve one`,
    ]),
    ...section('SYNOPSIS', synopsis(program)),
    ...section('DESCRIPTION', DESCRIPTION),
    ...section(
      'OPTIONS',
      optionEntries(
        program,
        visibleOptions(program).filter(({ long }) => long !== '--help'),
      ),
    ),
    ...section(
      'COMMON OPTIONS',
      paragraphs('Options that many commands take; the entry of each command names those that are its.'),
      optionEntries(program, common),
    ),
    ...section(
      'COMMANDS',
      commandList(program),
      ...commands.map((command) => commandEntry(command, common, 'COMMON OPTIONS')),
    ),
    ...section('EXIT STATUS', EXIT_STATUS),
    ...section('ENVIRONMENT', ENVIRONMENT),
    ...section('FILES', FILES),
    ...section('EXAMPLES', EXAMPLES),
    ...section('SEE ALSO', paragraphs('`cs-instance-watcher`(8)')),
  ];
}

const DESCRIPTION = [
  ...paragraphs(
    'Every operation of the Interaction API of CloneSquad, signed with the credentials of the caller, over API Gateway or its queue. Which API: `--api-url`, or `--group`, whose Discovery Lambda is asked. As whom: the standard chain of AWS, from the environment to the role of the instance.',
    'Results are tables on a terminal and JSON elsewhere, in one form whatever the age of the API; `--raw` is the answer as it came. `help COMMAND` shows what is below under COMMANDS.',
    '`serve` answers that API, for those who run no CloneSquad or test against one. The commands after it make its keys, and tell the server that runs on this host what it is to answer.',
  ),
];

const EXIT_STATUS = [
  ...tagged('0', 'done'),
  ...tagged('1', 'error'),
  ...tagged('2', 'usage or configuration'),
  ...tagged('75', 'timed out, or locked'),
];

const ENVIRONMENT = [
  ...tagged(
    'CS_INTERACT_GROUP, CS_INTERACT_API_URL',
    'as `--group` and `--api-url`; what is typed goes first',
  ),
  ...tagged('CS_INTERACT_ADMIN_SOCKET', 'as `--admin-socket`'),
  ...tagged(
    'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE',
    'credentials',
  ),
  ...tagged('AWS_REGION, AWS_DEFAULT_REGION', 'the region, where neither `--region` nor the address tells'),
  ...tagged(
    'AWS_ENDPOINT_URL, AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, HTTPS_PROXY, NO_PROXY',
    'where the services of AWS are, whom to trust, and the proxy on the way',
  ),
];

const FILES = [
  ...tagged('/run/cs-interact/admin.sock', 'the socket on which a running server is told its data'),
  ...tagged('~/.aws/config, ~/.aws/credentials', 'profiles'),
];

const EXAMPLES = [
  ...paragraphs('The state of a fleet, until Ctrl-C:'),
  ...verbatim('cs-interact fleet status --group production --watch'),
  ...nextParagraph('Keep an instance from being stopped for two hours:'),
  ...verbatim('cs-interact unstoppable add --instance-id i-0123456789abcdef0 --for 2h --group production'),
  ...nextParagraph('Change the configuration by a file, after looking at what would change:'),
  ...verbatim(`cs-interact config dump --group production > configuration.json
cs-interact config load configuration.json --restore --dry-run --group production
cs-interact config load configuration.json --restore --group production`),
  ...nextParagraph("An API of one's own on loopback, with a key for an operator:"),
  ...verbatim(`cs-interact key create --keys keys.json --user ops --allow '*'
cs-interact serve --keys keys.json --data fleet.db --region eu-west-1`),
];
