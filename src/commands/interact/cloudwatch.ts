// `cs-interact cloudwatch`: the metrics that CloneSquad sent, and those that it read.
import type { Command } from 'commander';
import type { CachedMetric, SentMetric } from '../../interaction/contract/metrics.ts';
import { type ApiOptions, addApiOptions, showAnswer, withApi } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { summaryOf } from './operation-help.ts';
import { type Column, renderTable } from './output/table.ts';

export function addCloudwatchCommand(program: Command, context: CommandContext): void {
  const cloudwatch = program.command('cloudwatch').description('metrics in CloudWatch');

  const sent = cloudwatch.command('sentmetrics').description(summaryOf('sentMetrics'));
  addApiOptions(sent).action((options: ApiOptions) =>
    withApi(options, context, async ({ client, limits }) => {
      const { model, raw } = await client.ask('sentMetrics', {}, limits);
      await showAnswer(raw, { value: model, table: () => renderTable(sentColumns, model) }, options, context);
    }),
  );

  const cached = cloudwatch.command('metriccache').description(summaryOf('metricCache'));
  addApiOptions(cached).action((options: ApiOptions) =>
    withApi(options, context, async ({ client, limits }) => {
      const { model, raw } = await client.ask('metricCache', {}, limits);
      const table = () => renderTable(cachedColumns, model);
      await showAnswer(raw, { value: model, table }, options, context);
    }),
  );
}

const sentColumns: readonly Column<SentMetric>[] = [
  { heading: 'METRIC', cell: ({ metricName }) => metricName },
  // The group is the same for all of them.
  { heading: 'DIMENSIONS', cell: ({ dimensions }) => ofSubject(dimensions) },
  { heading: 'VALUE', cell: ({ value }) => value ?? null },
  { heading: 'UNIT', cell: ({ unit }) => unit },
  { heading: 'TIMESTAMP', cell: ({ timestamp }) => timestamp ?? null },
];

const cachedColumns: readonly Column<CachedMetric>[] = [
  { heading: 'METRIC', cell: ({ metricId }) => metricId },
  { heading: 'LATEST', cell: ({ values }) => values[0] ?? null },
  { heading: 'TIMESTAMP', cell: ({ timestamps }) => timestamps[0] ?? null },
  { heading: 'VALUES', cell: ({ values }) => values.length },
  { heading: 'STATUS', cell: ({ statusCode }) => statusCode },
  { heading: 'LABEL', cell: ({ label }) => label },
];

function ofSubject(dimensions: SentMetric['dimensions']): string | null {
  const told = dimensions.filter(({ name }) => name !== 'GroupName');
  return told.length === 0 ? null : told.map(({ name, value }) => `${name}=${value}`).join(' ');
}
