// The running server on this host, for the commands that feed it: where `serve` listens for them, and how they fail.
import { type Command, Option } from 'commander';
import type { AdminClient } from '../../interaction/server/admin/client.ts';
import { CommandFailure } from './command-context.ts';
import { type OutputOptions, outputFormats } from './output/show.ts';

export interface ServerOptions extends OutputOptions {
  readonly adminSocket: string;
}

export function adminSocketOption(): Option {
  return new Option('--admin-socket <path>', 'unix socket of the running server, usable by its owner only')
    .env('CS_INTERACT_ADMIN_SOCKET')
    .default('/run/cs-interact/admin.sock');
}

export function addServerOptions(command: Command): Command {
  const output = new Option('--output <format>', 'instead of a table on a terminal and JSON elsewhere');
  return command.addOption(adminSocketOption()).addOption(output.choices(outputFormats));
}

/** Gives `ask` a client of the server. Throws CommandFailure. The client is loaded here, so that help need not wait for it. */
export async function withServer(
  { adminSocket }: Pick<ServerOptions, 'adminSocket'>,
  ask: (server: AdminClient) => Promise<void>,
): Promise<void> {
  const { AdminRefusedError, createAdminClient } = await import('../../interaction/server/admin/client.ts');
  const { AdminUnreachableError } = await import('../../interaction/server/admin/exchange.ts');
  try {
    await ask(createAdminClient(adminSocket));
  } catch (error) {
    if (error instanceof AdminRefusedError) throw new CommandFailure(1, error.message, { cause: error });
    if (!(error instanceof AdminUnreachableError)) throw error;
    const status = error.code === 'ETIMEDOUT' ? 75 : 1;
    const hint = 'is `cs-interact serve` running here with this --admin-socket, as this user?';
    throw new CommandFailure(status, `no server at ${adminSocket} (${error.message}): ${hint}`, {
      cause: error,
    });
  }
}
