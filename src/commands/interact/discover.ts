// `cs-interact discover`: the deployment's resources, as the API or the group's Discovery Lambda tells them.
import type { Command } from 'commander';
import { type ApiOptions, addApiOptions, showAnswer, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { summaryOf } from './operation-help.ts';
import { show } from './output/show.ts';
import { type Cell, renderProperties } from './output/table.ts';

interface DiscoverOptions extends ApiOptions {
  readonly lambda?: boolean;
}

export function addDiscoverCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('discover')
    .description(summaryOf('discovery'))
    .option('--lambda', 'what the Discovery Lambda of --group says, without asking the API');
  addApiOptions(command).action((options: DiscoverOptions) => discover(options, context));
}

async function discover(options: DiscoverOptions, context: CommandContext): Promise<void> {
  if (options.lambda === true) return showLambda(options, context);
  await withApi(options, context, async ({ client, limits }) => {
    const { model, raw } = await client.ask('discovery', {}, limits);
    const table = () => `${properties(model.discovery)}\n\n${properties(model.identity)}`;
    await showAnswer(raw, { value: model, table }, options, context);
  });
}

async function showLambda(options: DiscoverOptions, context: CommandContext): Promise<void> {
  if (options.group === undefined) throw new CommandFailure(2, 'discover --lambda: give --group');
  await withApi({ ...options, apiUrl: undefined }, context, async ({ found }) => {
    const discovery = found.discovery ?? {};
    await show({ value: discovery, table: () => properties(discovery) }, options, context);
  });
}

function properties(document: Readonly<Record<string, unknown>>): string {
  return renderProperties(Object.entries(document).map(([name, value]) => [name, toCell(value)]));
}

function toCell(value: unknown): Cell {
  const isCell = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return isCell ? (value as Cell) : JSON.stringify(value);
}
