// `cs-interact state`: what an operator on the server's host sets and sees of the fleet.
import { type Command, Option } from 'commander';
import type { NewState } from '../../interaction/server/admin/client.ts';
import {
  effectiveState,
  type FleetInstance,
  nameOf,
  subfleetOf,
} from '../../interaction/server/fleet/fleet-instance.ts';
import { addServerOptions, type ServerOptions, withServer } from './admin-socket.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { durationForms, parseSeconds } from './durations.ts';
import {
  addInstanceOptions,
  collectText,
  type InstanceOptions,
  toInstanceFields,
} from './instance-options.ts';
import { show } from './output/show.ts';
import { type Column, renderTable } from './output/table.ts';

interface SetOptions extends ServerOptions {
  readonly unlisted?: boolean;
  /** In seconds. */
  readonly for?: number;
}

interface AddOptions extends InstanceOptions, ServerOptions {
  readonly state?: string;
  readonly replace?: boolean;
}

interface ChangeOptions extends InstanceOptions, ServerOptions {
  readonly untag?: readonly string[];
}

export function addStateCommand(program: Command, context: CommandContext): void {
  const state = program.command('state').description('the fleet of the server running on this host');

  const set = state
    .command('set <id> <state>')
    .description('set the state of an instance, e.g. draining; watchers see it at their next poll')
    .option('--unlisted', 'accept a state that CloneSquad does not define')
    .addOption(
      new Option('--for <duration>', `afterwards it is what EC2 says: ${durationForms}`).argParser(
        parseSeconds,
      ),
    );
  addServerOptions(set).action((id: string, name: string, options: SetOptions) =>
    withServer(options, async (server) => {
      await print(await server.setState(id, toNewState(name, options)), options, context);
    }),
  );

  const get = state.command('get [id]').description('show an instance, or all of them');
  addServerOptions(get).action((id: string | undefined, options: ServerOptions) =>
    withServer(options, async (server) => {
      if (id === undefined) await printAll(await server.instances(), options, context);
      else await print(await server.instance(id), options, context);
    }),
  );

  const add = addInstanceOptions(state.command('add <id>'))
    .description('make an instance known')
    .option('--state <state>', 'its state (default: "running")')
    .option('--replace', 'replace the instance if it is already known');
  addServerOptions(add).action((id: string, options: AddOptions) =>
    withServer(options, async (server) => {
      const given = options.state === undefined ? {} : { state: options.state };
      const instance = { ...toInstanceFields(options, Date.now()), ...given, id };
      await print(await server.put(instance, options.replace === true), options, context);
    }),
  );

  const change = addInstanceOptions(state.command('change <id>'))
    .description('change what is known of an instance; its state and whatever is not given stay')
    .option('--no-az-issues', 'its availability zone has none any more')
    .option('--no-spot', 'it is no Spot instance')
    .option('--untag <key>', 'a tag that it has no more; may be repeated', collectText);
  addServerOptions(change).action((id: string, options: ChangeOptions) =>
    withServer(options, async (server) => {
      await print(await server.change(id, toChanges(options)), options, context);
    }),
  );

  const remove = state.command('remove <id>').description('forget an instance');
  addServerOptions(remove).action((id: string, options: ServerOptions) =>
    withServer(options, async (server) => print(await server.remove(id), options, context)),
  );
}

function toNewState(state: string, options: SetOptions): NewState {
  return {
    state,
    unlisted: options.unlisted === true,
    ...(options.for === undefined ? {} : { ttl: options.for }),
  };
}

function toChanges(options: ChangeOptions): Record<string, unknown> {
  const { untag = [] } = options;
  const removed = Object.fromEntries(untag.map((key) => [key, null]));
  const { tags, ...fields } = toInstanceFields(options, Date.now());
  const changes = tags === undefined && untag.length === 0 ? {} : { tags: { ...removed, ...(tags ?? {}) } };
  const all = { ...fields, ...changes };
  if (Object.keys(all).length > 0) return all;
  throw new CommandFailure(2, 'nothing to change: give the options that say what is different, e.g. --tag');
}

const columns: readonly Column<FleetInstance>[] = [
  { heading: 'INSTANCE', cell: ({ id }) => id },
  { heading: 'STATE', cell: stateOf },
  { heading: 'STATUS', cell: ({ status }) => status },
  { heading: 'NAME', cell: nameOf },
  { heading: 'SUBFLEET', cell: subfleetOf },
];

function stateOf(instance: FleetInstance): string {
  return effectiveState(instance, 'd2');
}

/** One instance is shown by itself, so that a script need not unpack it. */
async function print(
  instance: FleetInstance,
  options: ServerOptions,
  context: CommandContext,
): Promise<void> {
  const table = () => renderTable(columns, [instance]);
  await show({ value: withState(instance), table }, options, context);
}

async function printAll(
  instances: readonly FleetInstance[],
  options: ServerOptions,
  context: CommandContext,
): Promise<void> {
  const table = () => renderTable(columns, instances);
  await show({ value: instances.map(withState), table }, options, context);
}

/** As the API says it in one word, beside the two that it comes from. */
function withState(instance: FleetInstance): FleetInstance & { readonly state: string } {
  return { ...instance, state: stateOf(instance) };
}
