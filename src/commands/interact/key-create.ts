// `cs-interact key create`: a new access key, in the file of a server and before the eyes of whoever is to use it.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { partitionOfRegion } from '../../aws/endpoints.ts';
import { isInstanceId } from '../../interaction/server/fleet/fleet-instance.ts';
import { accountOf, commonAccountOf } from '../../interaction/server/keys/access-key.ts';
import type { KeyFileDocument } from '../../interaction/server/keys/change-key-file.ts';
import type { KeyEntry, KeyHolder } from '../../interaction/server/keys/new-key.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { durationForms, parseSeconds } from './durations.ts';
import { allowOption, denyOption, rulesHelp, warnOfUselessRules } from './key-rules.ts';
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
  readonly region?: string;
  readonly output?: (typeof createFormats)[number];
}

const createFormats = ['env', 'export', 'json'] as const;

const createHelp = `
A key for an agent, as a file that systemd reads with EnvironmentFile=:
  (umask 077; cs-interact key create --keys keys.json --instance-id i-0ab --output env > agent.env)
A key for an operator, for the shell one is in:
  eval "$(cs-interact key create --keys keys.json --user ops --allow '*' --output export)"${rulesHelp}`;

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
    .addOption(allowOption())
    .addOption(denyOption())
    .addOption(
      new Option('--expires-in <duration>', `how long it is good for: ${durationForms}`).argParser(
        parseSeconds,
      ),
    )
    .addOption(
      new Option(
        '--account <id>',
        "its account, 12 digits; without it, that of the file's keys, or 000000000000",
      ).argParser(parseAccount),
    )
    .option(
      '--region <region>',
      "the server's, whose partition its ARN names (AWS_REGION, AWS_DEFAULT_REGION)",
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
  const expiresAtMs = expiresIn === undefined ? undefined : Date.now() + expiresIn * 1000;
  const region = options.region ?? context.env.AWS_REGION ?? context.env.AWS_DEFAULT_REGION;
  const partition = region ? partitionOfRegion(region) : undefined;
  let key: KeyEntry | undefined;
  const { changeKeyFile } = await import('../../interaction/server/keys/change-key-file.ts');
  const { createKey } = await import('../../interaction/server/keys/new-key.ts');
  const { startWithPath } = await import('./start-failure.ts');
  const makeKey = (document: KeyFileDocument): KeyFileDocument => {
    const accountId = options.account ?? accountOfFile(document) ?? placeholderAccountId;
    key = createKey({ holder, accountId, partition, allow, deny, expiresAtMs });
    return { ...document, keys: [...document.keys, { ...key }] };
  };
  await startWithPath('--keys', options.keys, () => changeKeyFile(options.keys, makeKey, context.warn));
  warnOf(key!, options, context);
  showKey(key!, options.output ?? (context.isTerminal ? 'env' : 'json'), context);
}

function holderOf({ instanceId, user }: CreateOptions): KeyHolder {
  if (instanceId !== undefined) return { kind: 'instance', instanceId };
  if (user !== undefined) return { kind: 'user', name: user };
  throw new CommandFailure(2, 'whom is the key for? Give --instance-id for an agent, or --user');
}

/** What the one who made it may not have meant. */
function warnOf(key: KeyEntry, { keys, account }: CreateOptions, context: CommandContext): void {
  if (account === undefined && accountOf(key.userArn) === placeholderAccountId) {
    context.warn(`the key is of account ${placeholderAccountId}: give --account for another`);
  }
  if (key.instanceId === undefined && key.allow === undefined) {
    const command = `cs-interact key change ${key.accessKeyId} --keys ${keys} --allow '*'`;
    context.warn(`the key may nothing yet: allow it something, such as everything with ${command}`);
  }
  warnOfUselessRules([...(key.allow ?? []), ...(key.deny ?? [])], context);
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
