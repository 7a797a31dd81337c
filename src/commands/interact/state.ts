// `cs-interact state`: what an operator on the server's host sets and sees of the fleet.
import { type Command, InvalidArgumentError } from 'commander';
import { quote } from '../../interaction/client/quote.ts';
import {
  AdminRefusedError,
  AdminUnreachableError,
  createAdminClient,
  type AdminClient,
} from '../../interaction/server/admin/client.ts';
import type { FleetInstance } from '../../interaction/server/fleet-store.ts';
import { adminSocketOption } from './admin-socket.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';

interface SocketOptions {
  readonly adminSocket: string;
}

interface AddOptions extends SocketOptions {
  readonly name?: string;
  readonly type?: string;
  readonly az?: string;
  readonly state?: string;
  readonly status?: string;
  readonly subfleet?: string;
  readonly spot?: boolean;
  readonly tag?: Record<string, string>;
  readonly targetGroups?: number;
  readonly replace?: boolean;
}

export function addStateCommand(program: Command, context: CommandContext): void {
  const state = program.command('state').description('the fleet of the server running on this host');

  state
    .command('set <id> <state>')
    .description('set the state of an instance, e.g. draining; watchers see it at their next poll')
    .option('--unlisted', 'accept a state that CloneSquad does not define')
    .addOption(adminSocketOption())
    .action((id: string, name: string, options: SocketOptions & { unlisted?: boolean }) =>
      withServer(options, async (server) => {
        print(await server.setState(id, name, options.unlisted === true), context);
      }),
    );

  state
    .command('get [id]')
    .description('show an instance, or all of them')
    .addOption(adminSocketOption())
    .action((id: string | undefined, options: SocketOptions) =>
      withServer(options, async (server) => {
        print(id === undefined ? await server.instances() : await server.instance(id), context);
      }),
    );

  state
    .command('add <id>')
    .description('make an instance known')
    .option('--name <name>', 'its name')
    .option('--type <type>', 'its instance type')
    .option('--az <zone>', 'its availability zone')
    .option('--state <state>', 'its state (default: "running")')
    .option('--status <status>', 'its status check (default: "unknown")')
    .option('--subfleet <name>', 'the subfleet it belongs to; without, the main fleet')
    .option('--spot', 'it is a Spot instance')
    .option('--tag <key=value>', 'a tag; may be repeated', collectTag)
    .option('--target-groups <count>', 'how many target groups the deployment has (default: 0)', parseCount)
    .option('--replace', 'replace the instance if it is already known')
    .addOption(adminSocketOption())
    .action((id: string, options: AddOptions) =>
      withServer(options, async (server) => {
        const { adminSocket: _, replace, tag, ...given } = options;
        print(await server.put({ ...given, id, tags: tag ?? {} }, replace === true), context);
      }),
    );

  state
    .command('remove <id>')
    .description('forget an instance')
    .addOption(adminSocketOption())
    .action((id: string, options: SocketOptions) =>
      withServer(options, async (server) => print(await server.remove(id), context)),
    );
}

async function withServer(
  options: SocketOptions,
  ask: (server: AdminClient) => Promise<void>,
): Promise<void> {
  const { adminSocket } = options;
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

function print(shown: FleetInstance | FleetInstance[], context: CommandContext): void {
  if (!context.isTerminal) {
    context.print(JSON.stringify(shown));
    return;
  }
  const rows = [shown].flat().map(({ id, state, status, name, subfleet }) => {
    return [id, state, status, name ?? '-', subfleet ?? '-'].map((cell) => quote(cell));
  });
  const table = [['INSTANCE', 'STATE', 'STATUS', 'NAME', 'SUBFLEET'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    context.print(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}

function collectTag(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Expected KEY=VALUE.');
  return { ...previous, [text.slice(0, equals)]: text.slice(equals + 1) };
}

function parseCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Expected a count.');
  return Number(text);
}
