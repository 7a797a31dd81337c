// `cs-interact state`: what an operator on the server's host sets and sees of the fleet.
import { type Command, Option } from 'commander';
import { pythonTimestamp } from '../../interaction/contract/timestamps.ts';
import type { NewState, ToldInstance } from '../../interaction/server/admin/client.ts';
import { effectiveState, nameOf, subfleetOf } from '../../interaction/server/fleet/fleet-instance.ts';
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
import { requireListedState } from './state-name.ts';

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
  addServerOptions(set).action((id: string, name: string, options: SetOptions) => {
    const newState = toNewState(name, options);
    return withServer(options, async (server) => {
      await print(await server.setState(id, newState), options, context);
    });
  });

  const get = state.command('get [id]').alias('list').description('show an instance, or all of them');
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
  addServerOptions(add).action((id: string, options: AddOptions) => {
    const given = options.state === undefined ? {} : { state: requireListedState(options.state, '') };
    const instance = { ...toInstanceFields(options, Date.now()), ...given, id };
    return withServer(options, async (server) => {
      await print(await server.put(instance, options.replace === true), options, context);
    });
  });

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

function toNewState(name: string, options: SetOptions): NewState {
  const unlisted = options.unlisted === true;
  return {
    state: unlisted ? name : requireListedState(name, ', or any with --unlisted'),
    unlisted,
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

const columns: readonly Column<ToldInstance>[] = [
  { heading: 'INSTANCE', cell: ({ id }) => id },
  { heading: 'STATE', cell: stateOf },
  { heading: 'STATUS', cell: ({ status }) => status },
  { heading: 'NAME', cell: nameOf },
  { heading: 'SUBFLEET', cell: subfleetOf },
];

/** When what EC2 says holds again. */
const untilColumn: Column<ToldInstance> = {
  heading: 'UNTIL',
  cell: ({ scalingStateEndsAtS: endS }) => (endS === undefined ? null : pythonTimestamp(endS * 1000)),
};

function renderInstances(instances: readonly ToldInstance[]): string {
  const isAnyEnding = instances.some(({ scalingStateEndsAtS }) => scalingStateEndsAtS !== undefined);
  return renderTable(isAnyEnding ? [...columns, untilColumn] : columns, instances);
}

function stateOf(instance: ToldInstance): string {
  return effectiveState(instance, 'd2');
}

/** One instance is shown by itself, so that a script need not unpack it. */
async function print(instance: ToldInstance, options: ServerOptions, context: CommandContext): Promise<void> {
  await show({ value: withTold(instance), table: () => renderInstances([instance]) }, options, context);
}

async function printAll(
  instances: readonly ToldInstance[],
  options: ServerOptions,
  context: CommandContext,
): Promise<void> {
  const table = () => renderInstances(instances);
  await show({ value: instances.map(withTold), table }, options, context);
}

/** As the API says it: the state in one word, beside the two that it comes from, and the subfleet, beside its tag. */
function withTold(instance: ToldInstance): ToldInstance & {
  readonly state: string;
  readonly subfleet: string | null;
} {
  return { ...instance, state: stateOf(instance), subfleet: subfleetOf(instance) };
}
