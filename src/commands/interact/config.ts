// `cs-interact config`: what CloneSquad is configured with.
import type { Command } from 'commander';
import { isPathKey } from '../../interaction/client/call.ts';
import type { ConfigurationEntry } from '../../interaction/contract/configuration-entry.ts';
import {
  type ApiOptions,
  addApiOptions,
  printRaw,
  showAnswer,
  showTextAnswer,
  withApi,
} from './api-options.ts';
import type { ApiSession } from './api-session.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { parameterHelp } from './operation-help.ts';
import { show } from './output/show.ts';
import { type Cell, type Column, renderTable } from './output/table.ts';
import { readTable, requireKey, valueIn } from './table.ts';
import {
  addDumpOptions,
  addSetCommand,
  addUnsetCommand,
  type DumpOptions,
  dumpFormat,
  dumpTable,
} from './table-commands.ts';
import { addLoadCommand } from './table-load.ts';

interface WindowOptions {
  readonly withMaintenanceWindow?: boolean;
}

interface ConfigDumpOptions extends DumpOptions, WindowOptions {
  readonly effective?: boolean;
  readonly unstable?: boolean;
}

const windowFlag = '--with-maintenance-window';
const windowHelp = `inside a maintenance window: ${parameterHelp('configuration', 'with_maintenance_window')}`;

export function addConfigCommand(program: Command, context: CommandContext): void {
  const config = program.command('config').description('the configuration of the group');

  const get = config
    .command('get')
    .description('show the value in force of a key, or all of them')
    .argument('[key]', 'one with capitals is looked up in the table alone')
    .option(windowFlag, windowHelp);
  addApiOptions(get).action((key: string | undefined, options: ApiOptions & WindowOptions) =>
    key === undefined ? getAll(options, context) : getOne(key, options, context),
  );

  addSetCommand(config, 'configuration', context);
  addUnsetCommand(config, 'configuration', context);

  const dump = config
    .command('dump')
    .description('show the table as it can be loaded again, or everything in force')
    .option(
      '--effective',
      'everything in force, with where each value comes from: stable keys only, --unstable for all',
    )
    .option('--unstable', `as --effective, and ${parameterHelp('configuration', 'unstable')}`)
    .option(windowFlag, `as --effective, ${windowHelp}`);
  addDumpOptions(dump).action((options: ConfigDumpOptions) => dumpConfiguration(options, context));

  addLoadCommand(config, 'configuration', context);
}

async function getAll(options: ApiOptions & WindowOptions, context: CommandContext): Promise<void> {
  await withApi(options, context, async (api) => {
    const { entries, raw } = await readEntries(api, { ...options, unstable: true });
    const value = Object.fromEntries(entries.map(({ key, value }) => [key, value]));
    await showAnswer(raw, { value, table: () => renderTable(entryColumns, entries) }, options, context);
  });
}

async function getOne(
  key: string,
  options: ApiOptions & WindowOptions,
  context: CommandContext,
): Promise<void> {
  requireKey(key);
  await withApi(options, context, async (api) => {
    // Parameter sets are in the table only, whether a path could name their keys or not.
    if (isPathKey(key) && !key.startsWith('[')) {
      const query = windowQuery(options);
      const { model } = await api.client.ask('configurationKey', { argument: key, query }, api.limits);
      return showTextAnswer(model, options, context);
    }
    const { document } = await readTable(api, 'configuration');
    const value = valueIn(document, key);
    if (value === null) throw new CommandFailure(1, `${key}: the table has no such key`);
    await showTextAnswer(value, options, context);
  });
}

async function dumpConfiguration(options: ConfigDumpOptions, context: CommandContext): Promise<void> {
  const { effective, unstable, withMaintenanceWindow } = options;
  if (effective !== true && unstable !== true && withMaintenanceWindow !== true)
    return dumpTable('configuration', 'KEY', options, context);
  await withApi(options, context, async (api) => {
    const { entries, raw } = await readEntries(api, options);
    if (entries.length === 0 && unstable !== true) await tellOfUnstable(api, options, context);
    if (options.raw === true) return printRaw(raw, context);
    const output = dumpFormat(options, context);
    await show({ value: entries, table: () => renderTable(entryColumns, entries) }, { output }, context);
  });
}

/** Nothing at all is not what is in force: at a server of one's own, most keys that are set are not stable ones. */
async function tellOfUnstable(
  api: ApiSession,
  options: WindowOptions,
  { warn }: CommandContext,
): Promise<void> {
  const { length } = (await readEntries(api, { ...options, unstable: true })).entries;
  if (length === 0) return;
  warn(
    length === 1
      ? '1 key that is not stable is not shown: --unstable'
      : `${length} keys that are not stable are not shown: --unstable`,
  );
}

async function readEntries(
  { client, limits }: ApiSession,
  options: WindowOptions & { readonly unstable?: boolean },
): Promise<{ readonly entries: readonly ConfigurationEntry[]; readonly raw: string }> {
  const query = { unstable: options.unstable === true ? 'true' : undefined, ...windowQuery(options) };
  const { model, raw } = await client.ask('configuration', { query }, limits);
  if (model.kind === 'entries') return { entries: model.entries, raw };
  throw new CommandFailure(1, 'configuration: the API answered with its table in place of what is in force');
}

function windowQuery({ withMaintenanceWindow }: WindowOptions): {
  with_maintenance_window: string | undefined;
} {
  return { with_maintenance_window: withMaintenanceWindow === true ? 'true' : undefined };
}

const entryColumns: readonly Column<ConfigurationEntry>[] = [
  { heading: 'KEY', cell: ({ key }) => key },
  { heading: 'VALUE', cell: ({ value }) => toCell(value) },
  { heading: 'STABLE', cell: ({ stable }) => stable },
  { heading: 'ORIGIN', cell: ({ origin }) => origin },
];

function toCell(value: unknown): Cell {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
