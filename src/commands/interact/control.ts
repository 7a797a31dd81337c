// `cs-interact unstoppable` and `unstartable`: the instances that CloneSquad is not to stop, or not to start, for a while.
import { type Command, Option } from 'commander';
import type { ControlRecord } from '../../interaction/contract/control-record.ts';
import { type ApiOptions, addApiOptions, showAnswer, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { durationForms, parseSeconds } from './durations.ts';
import { parameterHelp } from './operation-help.ts';
import { type Column, renderTable } from './output/table.ts';
import { addSelectionOptions, type SelectionOptions, toSelection } from './selection.ts';

type ControlState = 'unstoppable' | 'unstartable';

interface ChangeOptions extends ApiOptions, SelectionOptions {
  readonly excluded?: boolean;
  /** In seconds. */
  readonly for?: number;
}

export function addControlCommands(program: Command, context: CommandContext): void {
  addControlCommand(program, context, 'unstoppable', 'stopped');
  addControlCommand(program, context, 'unstartable', 'started');
}

function addControlCommand(
  program: Command,
  context: CommandContext,
  state: ControlState,
  verb: 'stopped' | 'started',
): void {
  const control = program.command(state).description(`instances that are not to be ${verb} for a while`);

  addApiOptions(control.command('list').description(`show the instances that are not to be ${verb}`)).action(
    (options: ApiOptions) =>
      withApi(options, context, async ({ client, limits }) => {
        const { model, raw } = await client.ask('controlInstances', { argument: state }, limits);
        await showAnswer(raw, { value: model, table: () => renderTable(columns, model) }, options, context);
      }),
  );

  const add = control.command('add').description(`say that instances are not to be ${verb}`);
  addSelectionOptions(add)
    .option('--excluded', parameterHelp('controlInstances', 'excluded'))
    .addOption(
      new Option(
        '--for <duration>',
        `${parameterHelp('controlInstances', 'ttl')}: ${durationForms}`,
      ).argParser(parseSeconds),
    );
  addApiOptions(add).action((options: ChangeOptions) => change(state, 'add', options, context));

  const remove = control.command('delete').description(`say that instances may be ${verb} again`);
  addApiOptions(addSelectionOptions(remove)).action((options: ChangeOptions) =>
    change(state, 'delete', options, context),
  );
}

async function change(
  state: ControlState,
  mode: 'add' | 'delete',
  options: ChangeOptions,
  context: CommandContext,
): Promise<void> {
  const selection = toSelection(options);
  if (selection === null) {
    const which = '--instance-id, --name, --subfleet, --main-fleet, --tag or --all';
    throw new CommandFailure(2, `${state} ${mode}: say which instances: ${which}`);
  }
  const body = { ...selection.body, ...(options.excluded === true ? { Excluded: true } : {}) };
  const ttl = options.for === undefined ? undefined : String(options.for);
  await withApi(options, context, async ({ client, limits }) => {
    const query = { ...selection.query, mode, ttl };
    const call = { argument: state, query, body: JSON.stringify(body) };
    const { model, raw } = await client.ask('controlInstances', call, limits);
    await showAnswer(raw, { value: model, table: () => renderTable(columns, model) }, options, context);
    if (mode === 'add') requireAll(options.instanceId ?? [], model, state);
  });
}

/** The API drops ids that it does not know without a word. */
function requireAll(asked: readonly string[], listed: readonly ControlRecord[], state: ControlState): void {
  const missing = asked.filter((id) => !listed.some(({ instanceId }) => instanceId === id));
  if (missing.length === 0) return;
  throw new CommandFailure(
    1,
    `${state} add: ${missing.join(', ')}: not taken up, the group has no such instance: check it with cs-interact fleet list`,
  );
}

const columns: readonly Column<ControlRecord>[] = [
  { heading: 'INSTANCE', cell: ({ instanceId }) => instanceId },
  { heading: 'UNTIL', cell: ({ endDate }) => endDate },
  { heading: 'SINCE', cell: ({ startDate }) => startDate },
  { heading: 'EXCLUDED', cell: ({ excluded }) => excluded },
  { heading: 'SUBFLEET', cell: ({ subfleetName }) => subfleetName },
  { heading: 'NAME', cell: ({ instanceName }) => instanceName },
];
