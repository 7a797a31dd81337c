// `set`, `unset`, `dump` and `load`, the same for configuration and schedule.
import { type Command, Option } from 'commander';
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import type { TableDocument } from '../../interaction/contract/table-document.ts';
import { type ApiOptions, addApiOptions, printRaw, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { durationForms, parseSeconds } from './durations.ts';
import { parameterHelp } from './operation-help.ts';
import { type OutputFormat, show } from './output/show.ts';
import { type Column, renderProperties, renderTable } from './output/table.ts';
import { documentFormats } from './read-document.ts';
import { absentKeys, readTable, requireKey, type TableName, writeKey } from './table.ts';
import { unlessRefused } from './unless-refused.ts';

interface SetOptions extends ApiOptions {
  /** In seconds. */
  readonly ttl?: number;
}

export function addSetCommand(parent: Command, table: TableName, context: CommandContext): void {
  const operation = table === 'configuration' ? 'configurationKey' : 'schedulerKey';
  const command = parent
    .command('set')
    .description('write one key')
    .argument('<key>', 'capitals make it a write through the whole table, as paths are lower-cased there')
    .argument('<value>', 'one line')
    .addOption(
      new Option('--ttl <duration>', `${parameterHelp(operation, 'ttl')}: ${durationForms}`).argParser(
        parseSeconds,
      ),
    );
  addApiOptions(command).action(async (key: string, value: string, options: SetOptions) => {
    requireKey(key);
    requireValue(parent.name(), key, value);
    const ttlS = options.ttl ?? null;
    await withApi(options, context, async (api) => {
      const said = await writeKey(api, table, { key, value, ttlS });
      if (options.raw === true) return printRaw(said, context);
      const shown = () =>
        renderProperties([[key, value], ...(ttlS === null ? [] : [['ttl', `${ttlS} s`] as const])]);
      await show({ value: { key, value, ttlSeconds: ttlS }, table: shown }, options, context);
    });
  });
}

function requireValue(group: string, key: string, value: string): void {
  if (value === '') throw new CommandFailure(2, `${key}: an empty value deletes a key: use ${group} unset`);
  if (value.includes('\n'))
    throw new CommandFailure(2, `${key}: the value has several lines, and the API would keep the first only`);
}

export function addUnsetCommand(parent: Command, table: TableName, context: CommandContext): void {
  const command = parent
    .command('unset')
    .description('delete keys')
    .argument('<key...>', 'deleting one that is not there changes nothing');
  addApiOptions(command).action(async (keys: string[], options: ApiOptions) => {
    for (const key of keys) requireKey(key);
    await withApi(options, context, async (api) => {
      const before = await unlessRefused(readTable(api, table));
      // All of them, absent or not: somebody else may write one meanwhile.
      for (const key of keys) await writeKey(api, table, { key, value: null, ttlS: null });
      const absent = before === null ? [] : absentKeys(before, keys);
      for (const key of absent) context.warn(`${key}: the table had no such key`);
      if (options.raw === true) return;
      const unset = keys.filter((key) => !absent.includes(key));
      const shown = () => unset.map((key) => renderProperties([['unset', key]])).join('\n');
      await show({ value: { unset }, table: shown }, options, context);
    });
  });
}

interface Item {
  readonly key: string;
  readonly value: string;
}

const itemColumns = (heading: string): readonly Column<Item>[] => [
  { heading, cell: ({ key }) => key },
  { heading: 'VALUE', cell: ({ value }) => value },
];

/** A table for a person: the members of a set as `[set]name`, as they are stored. */
export function renderDocument(heading: string, document: TableDocument): string {
  const items = Object.entries(document).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [{ key, value }]
      : Object.entries(value).map(([name, member]) => ({ key: `[${key}]${name}`, value: member })),
  );
  return renderTable(itemColumns(heading), items);
}

export interface DumpOptions extends ApiOptions {
  readonly format?: DocumentFormat;
}

/** `--format`, which goes before `--output`; on a terminal a dump is YAML, as that is what people edit. */
export function dumpFormat({ format, output }: DumpOptions, { isTerminal }: CommandContext): OutputFormat {
  return format ?? output ?? (isTerminal ? 'yaml' : 'json');
}

export function addDumpOptions(command: Command): Command {
  const format = new Option('--format <format>', 'of the document: YAML on a terminal, JSON elsewhere')
    .choices(documentFormats)
    .conflicts(['output', 'raw']);
  return addApiOptions(command.addOption(format));
}

/** Prints the table in the form that can be loaded again. */
export async function dumpTable(
  table: TableName,
  heading: string,
  options: DumpOptions,
  context: CommandContext,
): Promise<void> {
  await withApi(options, context, async (api) => {
    const { document, raw } = await readTable(api, table);
    if (options.raw === true) return printRaw(raw, context);
    const output = dumpFormat(options, context);
    const shown = () => renderDocument(heading, document);
    await show({ value: document, table: shown }, { output }, context);
  });
}
