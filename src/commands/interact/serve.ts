// `cs-interact serve`: an Interaction API of one's own.
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { dialects } from '../../interaction/contract/dialects.ts';
import type { Dialect } from '../../interaction/contract/instance-metadata.ts';
import { startAdminListener } from '../../interaction/server/admin/listener.ts';
import { openFleetFile } from '../../interaction/server/fleet-file.ts';
import { createMemoryFleetStore, type FleetStore } from '../../interaction/server/fleet-store.ts';
import { createGateway } from '../../interaction/server/gateway.ts';
import { openKeyFile } from '../../interaction/server/key-file.ts';
import { type InteractionServer, startInteractionServer } from '../../interaction/server/server.ts';
import { adminSocketOption } from './admin-socket.ts';
import type { CommandContext } from './command-context.ts';
import { isLoopback, isWildcard, type ListenAddress, parseListenAddress } from './listen-address.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { createRefusalLog } from './refusal-log.ts';
import { requireRegion } from './region.ts';
import { startListening, startWithPath } from './start-failure.ts';

const keysHelp = `
The key file:
  { "keys": [ { "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "change-me",
                "caller": "AROAEXAMPLE:i-0ab",
                "userArn": "arn:aws:sts::111111111111:assumed-role/web/i-0ab" } ] }

The caller ends in the id of the instance the key stands for, as EC2's role
sessions do (ROLE:INSTANCE; otherwise metadata answers with an error), and
userArn is the ARN of that session, required but not acted on yet. A key may
also have a "sessionToken" and an "expiresAt" such as "2030-01-31T12:00:00Z".
Let only its owner read the file: chmod 600 keys.json`;

interface ServeOptions {
  readonly listen: ListenAddress;
  readonly dialect: Dialect;
  readonly keys: string;
  readonly data?: string;
  readonly adminSocket: string;
  readonly region?: string;
  readonly apiId?: string;
  readonly group: string;
}

export function addServeCommand(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('answer the Interaction API over HTTP, every signature verified, until SIGTERM')
    .requiredOption('--keys <file>', 'JSON file of the access keys to accept; re-read when it changes')
    .addOption(
      new Option('--listen <host:port>', 'address to listen on; port 0 takes any free one')
        .argParser(parseListenAddress)
        .default(parseListenAddress('127.0.0.1:8080'), '127.0.0.1:8080'),
    )
    .addOption(
      new Option('--dialect <dialect>', 'revision of the API to speak').choices(dialects).default('d2'),
    )
    .option('--data <file>', 'JSON file to keep the fleet in; without it the fleet is forgotten at the end')
    .addOption(adminSocketOption())
    .option('--region <region>', 'region that requests must be signed for (AWS_REGION, AWS_DEFAULT_REGION)')
    .option('--api-id <id>', 'refuse requests that name another API in x-apigw-api-id, as API Gateway does')
    .option(
      '--group <name>',
      'name of the group whose fleet this is; a data file belongs to one group',
      'default',
    )
    .addHelpText('after', keysHelp)
    .action((options: ServeOptions) => serve(options, context));
}

async function serve(options: ServeOptions, context: CommandContext): Promise<void> {
  const region = requireRegion(options.region, context.env);
  const keys = await startWithPath('--keys', options.keys, () => openKeyFile(options.keys, context.warn));
  const fleet = await openFleet(options);
  try {
    const admin = await startWithPath('--admin-socket', options.adminSocket, () => {
      makePrivateDirectory(dirname(options.adminSocket));
      return startAdminListener(options.adminSocket, fleet.store, onFault);
    });
    try {
      await listen(fleet.store);
    } finally {
      await admin.close();
    }
  } finally {
    await fleet.close();
  }

  function onFault(error: unknown): void {
    context.warn(`a request failed: ${error instanceof Error ? error.message : String(error)}`);
  }

  async function listen(store: FleetStore): Promise<void> {
    const { dialect, apiId } = options;
    const refusals = createRefusalLog(context.warn);
    const { lookup } = keys;
    const handle = createGateway({ dialect, region, apiId, store, lookup, onRefused: refusals.add });
    const server = await startListening(options.listen, () =>
      startInteractionServer({ ...options.listen, handle, onFault }),
    );
    announce(server, context);
    await untilAborted(context.signal);
    await server.close();
    refusals.close();
  }
}

/** Says where agents find the API, with its stage: the form that --api-url takes. */
function announce({ origin, address }: InteractionServer, context: CommandContext): void {
  const url = `${origin}/v1/`;
  if (!isLoopback(address)) {
    context.warn(
      `${origin} is not loopback, and requests and answers are not encrypted: ` +
        'use it on a network that you trust (HTTPS is still to come)',
    );
  }
  if (!context.isTerminal) {
    context.print(JSON.stringify({ listening: origin, url }));
    return;
  }
  const elsewhere = isWildcard(address) ? ` (from other hosts: this one's name in place of ${address})` : '';
  context.print(`listening: give agents --api-url ${url}${elsewhere}`);
}

async function openFleet(options: ServeOptions): Promise<{ store: FleetStore; close: () => Promise<void> }> {
  if (options.data === undefined) return { store: createMemoryFleetStore(), close: async () => {} };
  const { data, group } = options;
  return startWithPath('--data', data, () => openFleetFile(data, group));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
