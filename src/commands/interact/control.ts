// `cs-interact unstoppable` and `unstartable`: the instances that CloneSquad is not to stop, or not to start, for a while.
import { type Command, Option } from 'commander';
import type { ControlRecord } from '../../interaction/contract/control-record.ts';
import { type ApiOptions, addApiOptions, showAnswer, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { isListed, type ListBefore, shortened, typed, unmatched } from './control-change.ts';
import { durationForms, parseSeconds } from './durations.ts';
import { parameterHelp } from './operation-help.ts';
import { type Column, renderTable } from './output/table.ts';
import { addSelectionOptions, type SelectionOptions, toSelection } from './selection.ts';
import { unlessRefused } from './unless-refused.ts';

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
    const asked = await unlessRefused(client.ask('controlInstances', { argument: state }, limits));
    const before: ListBefore = asked?.model ?? null;
    const query = { ...selection.query, mode, ttl };
    const call = { argument: state, query, body: JSON.stringify(body) };
    const { model, raw } = await client.ask('controlInstances', call, limits);
    await showAnswer(raw, { value: model, table: () => renderTable(columns, model) }, options, context);
    if (mode === 'add') judgeAdded(options, before, model, context);
    else if (before?.every(({ instanceId }) => isListed(model, instanceId))) {
      context.warn(`${state} delete: nothing in the list matches ${typed(options)}: nothing was deleted`);
    }
  });
}

/** Throws CommandFailure when a part of the selection matched nothing. */
function judgeAdded(
  options: ChangeOptions,
  before: ListBefore,
  listed: readonly ControlRecord[],
  context: CommandContext,
): void {
  for (const { old, record } of shortened(before, listed)) {
    const { instanceId, endDate } = record;
    context.warn(`${instanceId}: ends at ${endDate} now, earlier than before (${old.endDate})`);
  }
  const missing = unmatched(options, before, listed);
  if (missing === null) return;
  throw new CommandFailure(1, `nothing matches ${missing}: check with cs-interact fleet list`);
}

const columns: readonly Column<ControlRecord>[] = [
  { heading: 'INSTANCE', cell: ({ instanceId }) => instanceId },
  { heading: 'END', cell: ({ endDate }) => endDate },
  { heading: 'START', cell: ({ startDate }) => startDate },
  { heading: 'EXCLUDED', cell: ({ excluded }) => excluded },
  { heading: 'SUBFLEET', cell: ({ subfleetName }) => subfleetName },
  { heading: 'NAME', cell: ({ instanceName }) => instanceName },
];
