// The options of `serve`.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { dialects } from '../../interaction/contract/dialects.ts';
import type { Dialect } from '../../interaction/contract/instance-metadata.ts';
import { adminSocketOption } from './admin-socket.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';

export interface ServeOptions {
  readonly listen: ListenAddress;
  readonly publicUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly keys: string;
  readonly data?: string;
  readonly dynamodb?: boolean;
  readonly createTables?: boolean;
  readonly adminSocket: string;
  readonly dialect: Dialect;
  readonly group: string;
  readonly region?: string;
  readonly account?: string;
  readonly apiId?: string;
  readonly backupPath?: string;
  readonly reportPath?: string;
}

export function addServeOptions(command: Command): Command {
  const where = 'Where it is found:';
  const keeps = 'What it keeps, and where:';
  const tells = 'What it says of itself:';
  const options = [
    new Option('--listen <host:port>', 'address to listen on; port 0 takes any free one')
      .argParser(parseListenAddress)
      .default(parseListenAddress('127.0.0.1:8080'), '127.0.0.1:8080')
      .helpGroup(where),
    new Option(
      '--tls-cert <file>',
      'speak HTTPS with this PEM certificate and its chain; re-read when it changes',
    ).helpGroup(where),
    new Option('--tls-key <file>', 'its private key, in PEM form').helpGroup(where),
    new Option('--public-url <url>', 'what clients reach it by, where that is not the address it listens on')
      .argParser(parsePublicUrl)
      .helpGroup(where),
    adminSocketOption().helpGroup(where),
    new Option('--keys <file>', 'JSON file of the access keys to accept; re-read when it changes')
      .makeOptionMandatory()
      .helpGroup(keeps),
    new Option(
      '--data <file>',
      'SQLite database to keep everything in; without it, it is forgotten at the end',
    ).helpGroup(keeps),
    new Option(
      '--dynamodb',
      "keep everything in the group's DynamoDB tables instead, which other servers may share",
    )
      .conflicts('data')
      .helpGroup(keeps),
    new Option('--create-tables', 'make the DynamoDB tables that are missing').helpGroup(keeps),
    new Option('--backup-path <directory>', 'where the operation backup writes its files').helpGroup(keeps),
    new Option('--report-path <directory>', 'where debug reports are written').helpGroup(keeps),
    new Option('--dialect <dialect>', 'revision of the API to speak')
      .choices(dialects)
      .default('d2')
      .helpGroup(tells),
    new Option('--group <name>', 'name of the group; a database belongs to one group')
      .argParser(parseGroup)
      .default('default')
      .helpGroup(tells),
    new Option(
      '--region <region>',
      'region that requests must be signed for (AWS_REGION, AWS_DEFAULT_REGION)',
    ).helpGroup(tells),
    new Option('--account <id>', 'account id of 12 digits; without it, the one that the keys are of')
      .argParser(parseAccount)
      .helpGroup(tells),
    new Option(
      '--api-id <id>',
      'refuse requests that name another API in x-apigw-api-id, as API Gateway does',
    ).helpGroup(tells),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** The account of a deployment whose keys are of none: no AWS account has this id. */
export const placeholderAccountId = '000000000000';

/** Throws commander's InvalidArgumentError. */
export function parseAccount(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected 12 digits.');
}

/** As names of AWS's queues and tables may have it. Throws commander's InvalidArgumentError. */
function parseGroup(text: string): string {
  if (/^[A-Za-z0-9_-]{1,60}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits, hyphens and underscores, at most 60.');
}

/** The origin, without a slash at the end. Throws commander's InvalidArgumentError. */
export function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new InvalidArgumentError('Expected a URL such as https://api.example.com.');
  }
  // A path that a proxy adds or takes away is not the path that clients sign.
  if (!/^\/(v1\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new InvalidArgumentError("Expected scheme, host and port alone: the paths are the API's own.");
  }
  return url.origin;
}
