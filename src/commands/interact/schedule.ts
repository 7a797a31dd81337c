// `cs-interact schedule`: what CloneSquad does at set times.
import type { Command } from 'commander';
import { isPathKey } from '../../interaction/client/call.ts';
import { type ApiOptions, addApiOptions, showAnswer, showTextAnswer, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { readTable, requireKey, valueIn } from './table.ts';
import {
  addDumpOptions,
  addSetCommand,
  addUnsetCommand,
  type DumpOptions,
  dumpTable,
  renderDocument,
} from './table-commands.ts';
import { addLoadCommand } from './table-load.ts';

export function addScheduleCommand(program: Command, context: CommandContext): void {
  const schedule = program.command('schedule').description('the scheduled actions of the group');

  addApiOptions(schedule.command('list').description('show all scheduled actions')).action(
    (options: ApiOptions) =>
      withApi(options, context, async ({ client, limits }) => {
        const { model, raw } = await client.ask('scheduler', {}, limits);
        const table = () => renderDocument('NAME', model);
        await showAnswer(raw, { value: model, table }, options, context);
      }),
  );

  const get = schedule.command('get').description('show one scheduled action').argument('<name>');
  addApiOptions(get).action((name: string, options: ApiOptions) => getOne(name, options, context));

  addSetCommand(schedule, 'scheduler', context);
  addUnsetCommand(schedule, 'scheduler', context);
  const dump = schedule.command('dump').description('show the table as it can be loaded again');
  addDumpOptions(dump).action((options: DumpOptions) => dumpTable('scheduler', 'NAME', options, context));
  addLoadCommand(schedule, 'scheduler', context);
}

async function getOne(name: string, options: ApiOptions, context: CommandContext): Promise<void> {
  requireKey(name);
  await withApi(options, context, async (api) => {
    if (isPathKey(name)) {
      const { model } = await api.client.ask('schedulerKey', { argument: name }, api.limits);
      return showTextAnswer(model, options, context);
    }
    const { document } = await readTable(api, 'scheduler');
    const value = valueIn(document, name);
    if (value === null) throw new CommandFailure(1, `${name}: there is no such scheduled action`);
    await showTextAnswer(value, options, context);
  });
}
