// `cs-interact fleet`: every instance of the group, and how much of it runs and serves.
import { type Command, InvalidArgumentError } from 'commander';
import type { FleetStatus } from '../../interaction/contract/fleet-status.ts';
import type { InstanceMetadata } from '../../interaction/contract/instance-metadata.ts';
import { type ApiOptions, addApiOptions, showAnswer, withApi } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { summaryOf } from './operation-help.ts';
import { type Column, renderProperties, renderTable } from './output/table.ts';
import { watch } from './watch.ts';

interface StatusOptions extends ApiOptions {
  /** In seconds; true where the option was given bare. */
  readonly watch?: number | true;
}

const defaultWatchPeriodS = 5;

export function addFleetCommand(program: Command, context: CommandContext): void {
  const fleet = program.command('fleet').description('the instances of the group');

  addApiOptions(fleet.command('list').description(summaryOf('fleetMetadata'))).action((options: ApiOptions) =>
    withApi(options, context, async ({ client, limits }) => {
      const { model, raw } = await client.listFleet(limits);
      const table = () => renderTable(instanceColumns, model);
      await showAnswer(raw, { value: model, table }, options, context);
    }),
  );

  const status = fleet
    .command('status')
    .description(summaryOf('fleetStatus'))
    .option(
      '--watch [seconds]',
      `go on until Ctrl-C: redrawn on a terminal, else printed when it changed (default: ${defaultWatchPeriodS})`,
      parsePeriod,
    );
  addApiOptions(status).action((options: StatusOptions) => showStatus(options, context));
}

async function showStatus(options: StatusOptions, context: CommandContext): Promise<void> {
  await withApi(options, context, async ({ client, limits }) => {
    const ask = () => client.ask('fleetStatus', {}, limits);
    if (options.watch === undefined) {
      const { model, raw } = await ask();
      return showAnswer(raw, { value: model, table: () => statusTable(model) }, options, context);
    }
    const periodS = options.watch === true ? defaultWatchPeriodS : options.watch;
    const read = async () => {
      const { model, raw } = await ask();
      return { raw, value: model, table: () => statusTable(model) };
    };
    await watch({ title: 'fleet status', read, periodMs: periodS * 1000 }, options, context);
  });
}

const instanceColumns: readonly Column<InstanceMetadata>[] = [
  { heading: 'INSTANCE', cell: ({ instanceId }) => instanceId },
  { heading: 'STATE', cell: ({ state }) => state },
  { heading: 'STATUS', cell: ({ status }) => status },
  { heading: 'ZONE', cell: ({ availabilityZone }) => availabilityZone },
  { heading: 'TYPE', cell: ({ instanceType }) => instanceType },
  { heading: 'SPOT', cell: ({ spotInstance }) => spotInstance },
  { heading: 'SUBFLEET', cell: ({ subfleetName }) => subfleetName },
  { heading: 'NAME', cell: ({ instanceName }) => instanceName },
];

const subfleetColumns: readonly Column<NonNullable<FleetStatus['subfleets']>[number]>[] = [
  { heading: 'SUBFLEET', cell: ({ name }) => name },
  { heading: 'SIZE', cell: ({ size }) => size },
  { heading: 'RUNNING', cell: ({ runningCount }) => runningCount },
  { heading: 'STOPPED', cell: ({ stoppedCount }) => stoppedCount },
];

function statusTable({ autoscaled, subfleets }: FleetStatus): string {
  const counts = renderProperties([
    ['managed', autoscaled.managed],
    ['maximum', autoscaled.maximum],
    ['unhealthy', autoscaled.unhealthy],
    ['running', autoscaled.running],
    ['serving', autoscaled.serving],
    ['serving of maximum', `${autoscaled.servingOfMaximumPercent} %`],
    ['serving of managed', `${autoscaled.servingOfManagedPercent} %`],
  ]);
  const hasSubfleets = subfleets !== null && subfleets.length > 0;
  return hasSubfleets ? `${counts}\n\n${renderTable(subfleetColumns, subfleets)}` : counts;
}

function parsePeriod(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > 86_400)
    throw new InvalidArgumentError('Expected seconds, 1 to 86400.');
  return seconds;
}
