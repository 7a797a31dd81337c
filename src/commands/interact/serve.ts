// `cs-interact serve`: an Interaction API of one's own.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { dialects } from '../../interaction/contract/dialects.ts';
import type { Dialect } from '../../interaction/contract/instance-metadata.ts';
import { startAdminListener } from '../../interaction/server/admin/listener.ts';
import { FleetFileError, openFleetFile } from '../../interaction/server/fleet-file.ts';
import { createMemoryFleetStore, type FleetStore } from '../../interaction/server/fleet-store.ts';
import { createGateway } from '../../interaction/server/gateway.ts';
import { KeyFileError, openKeyFile } from '../../interaction/server/key-file.ts';
import { startInteractionServer } from '../../interaction/server/server.ts';
import { SocketInUseError } from '../../interaction/server/unix-socket.ts';
import { adminSocketOption } from './admin-socket.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { requireRegion } from './region.ts';

interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

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
    .action((options: ServeOptions) => serve(options, context));
}

async function serve(options: ServeOptions, context: CommandContext): Promise<void> {
  const region = requireRegion(options.region, context.env);
  const keys = await withReason('--keys', () =>
    openKeyFile(options.keys, ({ message }) => context.warn(message)),
  );
  const fleet = await withReason('--data', () => openFleet(options));
  try {
    const admin = await withReason('--admin-socket', async () => {
      await mkdir(dirname(options.adminSocket), { recursive: true, mode: 0o700 });
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
    const handle = createGateway({ dialect, region, apiId, store, lookup: keys.lookup });
    const { host, port } = options.listen;
    const server = await withReason(`--listen ${host}:${port}`, () =>
      startInteractionServer({ host, port, handle, onFault }),
    );
    const listening = server.origin;
    context.print(context.isTerminal ? `listening on ${listening}/v1/` : JSON.stringify({ listening }));
    await untilAborted(context.signal);
    await server.close();
  }
}

async function openFleet(options: ServeOptions): Promise<{ store: FleetStore; close: () => Promise<void> }> {
  if (options.data === undefined) return { store: createMemoryFleetStore(), close: async () => {} };
  return openFleetFile(options.data, options.group);
}

/** Runs one step of the start, and says which option to look at when it fails. */
async function withReason<Result>(option: string, step: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof SocketInUseError) {
      throw new CommandFailure(75, `${option}: ${message}; stop that server or give another path`, {
        cause: error,
      });
    }
    if (error instanceof KeyFileError || error instanceof FleetFileError) {
      throw new CommandFailure(2, `${option}: ${message}; correct the file or give another`, {
        cause: error,
      });
    }
    throw new CommandFailure(1, `${option}: ${message}; give one that this user can use`, { cause: error });
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new InvalidArgumentError('Expected HOST:PORT or [IPV6]:PORT.');
  return { host: (match[1] ?? match[2])!, port };
}
