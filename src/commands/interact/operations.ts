// `cs-interact operations`: what the API at the other end can do.
import type { Command } from 'commander';
import { type Operation, operations } from '../../interaction/contract/operations.ts';
import { type ApiOptions, addApiOptions, showAnswer, withApi } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { summaryOf } from './operation-help.ts';
import { type Column, renderTable } from './output/table.ts';

const columns: readonly Column<string>[] = [
  { heading: 'OPERATION', cell: (name) => name },
  { heading: 'COMMANDS', cell: (name) => findOperation(name)?.commands.join(', ') ?? null },
  { heading: 'SUMMARY', cell: (name) => findOperation(name)?.summary ?? null },
];

export function addOperationsCommand(program: Command, context: CommandContext): void {
  const command = program.command('operations').description(summaryOf('listing'));
  addApiOptions(command).action((options: ApiOptions) =>
    withApi(options, context, async ({ client, limits }) => {
      const { model, raw } = await client.ask('listing', {}, limits);
      await showAnswer(raw, { value: model, table: () => renderTable(columns, model) }, options, context);
    }),
  );
}

function findOperation(name: string): Operation | undefined {
  return Object.values<Operation>(operations).find((operation) => operation.name === name);
}
