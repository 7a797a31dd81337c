// `cs-interact key create`: a new access key, in the file of a server and before the eyes of whoever is to use it.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isInstanceId } from '../../interaction/server/fleet/fleet-instance.ts';
import { commonAccountOf } from '../../interaction/server/keys/access-key.ts';
import type { KeyFileDocument } from '../../interaction/server/keys/change-key-file.ts';
import type { KeyEntry, KeyHolder } from '../../interaction/server/keys/new-key.ts';
import { ruleProblem } from '../../interaction/server/keys/rules.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { durationForms, parseSeconds } from './durations.ts';
import { parseAccount, placeholderAccountId } from './serve-options.ts';

interface CreateOptions {
  readonly keys: string;
  readonly instanceId?: string;
  readonly user?: string;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** In seconds. */
  readonly expiresIn?: number;
  readonly account?: string;
  readonly output?: (typeof createFormats)[number];
}

const createFormats = ['env', 'export', 'json'] as const;

const createHelp = `
A key for an agent, as a file that systemd reads with EnvironmentFile=:
  (umask 077; cs-interact key create --keys keys.json --instance-id i-0ab --output env > agent.env)
A key for an operator, for the shell one is in:
  eval "$(cs-interact key create --keys keys.json --user ops --allow '*' --output export)"
Rules are METHOD/path, such as GET/configuration/* or POST/scheduler; * alone is all.
An instance's key without rules may GET/metadata; any other without rules may nothing.`;

export function addKeyCreateCommand(key: Command, context: CommandContext): void {
  key
    .command('create')
    .description('make a key, add it to the key file and show it')
    .requiredOption('--keys <file>', 'key file to add it to; made when there is none')
    .addOption(
      new Option('--instance-id <id>', 'make it for the agent on an instance')
        .argParser(parseInstanceId)
        .conflicts('user'),
    )
    .addOption(new Option('--user <name>', 'make it for a person or a script').argParser(parseUserName))
    .addOption(new Option('--allow <rule...>', 'what it may ask for').argParser(collectRule))
    .addOption(new Option('--deny <rule...>', 'what it may not, whatever is allowed').argParser(collectRule))
    .addOption(
      new Option('--expires-in <duration>', `how long it is good for: ${durationForms}`).argParser(
        parseSeconds,
      ),
    )
    .addOption(
      new Option('--account <id>', "its account, 12 digits; without it, that of the file's keys").argParser(
        parseAccount,
      ),
    )
    .addOption(
      new Option(
        '--output <format>',
        'variables, variables for eval, or JSON; without it variables on a terminal, else JSON',
      ).choices(createFormats),
    )
    .addHelpText('after', createHelp)
    .action((options: CreateOptions) => create(options, context));
}

async function create(options: CreateOptions, context: CommandContext): Promise<void> {
  const { allow, deny, expiresIn } = options;
  const holder = holderOf(options);
  if (holder.kind === 'user' && allow === undefined) {
    context.warn("the key may nothing yet: give --allow, such as --allow '*'");
  }
  const expiresAtMs = expiresIn === undefined ? undefined : Date.now() + expiresIn * 1000;
  let key: KeyEntry | undefined;
  const { changeKeyFile } = await import('../../interaction/server/keys/change-key-file.ts');
  const { createKey } = await import('../../interaction/server/keys/new-key.ts');
  const { startWithPath } = await import('./start-failure.ts');
  await startWithPath('--keys', options.keys, () =>
    changeKeyFile(options.keys, (document) => {
      const accountId = options.account ?? accountOfFile(document) ?? placeholderAccountId;
      key = createKey({ holder, accountId, allow, deny, expiresAtMs });
      return { ...document, keys: [...document.keys, { ...key }] };
    }),
  );
  showKey(key!, options.output ?? (context.isTerminal ? 'env' : 'json'), context);
}

function holderOf({ instanceId, user }: CreateOptions): KeyHolder {
  if (instanceId !== undefined) return { kind: 'instance', instanceId };
  if (user !== undefined) return { kind: 'user', name: user };
  throw new CommandFailure(2, 'whom is the key for? Give --instance-id for an agent, or --user');
}

function showKey(key: KeyEntry, output: (typeof createFormats)[number], { print }: CommandContext): void {
  if (output === 'json') {
    print(JSON.stringify(key, null, 2));
    return;
  }
  const start = output === 'export' ? 'export ' : '';
  print(`${start}AWS_ACCESS_KEY_ID=${key.accessKeyId}`);
  print(`${start}AWS_SECRET_ACCESS_KEY=${key.secretAccessKey}`);
}

/** The one account of the keys that are there, or null. */
function accountOfFile({ keys }: KeyFileDocument): string | null {
  return commonAccountOf(keys.map(({ userArn }) => String(userArn)));
}

function parseInstanceId(text: string): string {
  if (isInstanceId(text)) return text;
  throw new InvalidArgumentError('Expected an id such as i-0ab12.');
}

/** As IAM has them. */
function parseUserName(text: string): string {
  if (/^[\w+=,.@-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits and any of _+=,.@-, at most 64.');
}

function collectRule(rule: string, before: readonly string[] | undefined): readonly string[] {
  const problem = ruleProblem(rule);
  if (problem !== null) throw new InvalidArgumentError(`${problem}.`);
  return [...(before ?? []), rule];
}
