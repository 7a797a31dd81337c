// `cs-interact metrics`: what an operator on the server's host enters as sent to CloudWatch (`sent`) or read from there
// (`cache`). The server measures nothing by itself.
import type { Command } from 'commander';
import type { JsonValue } from '../../interaction/contract/python-json.ts';
import type { AdminClient, MetricKind } from '../../interaction/server/admin/client.ts';
import { addServerOptions, type ServerOptions, withServer } from './admin-socket.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { show } from './output/show.ts';
import { type Column, renderProperties, renderTable } from './output/table.ts';
import { readServerDocument } from './server-document.ts';

type Metric = Awaited<ReturnType<AdminClient['metrics']>>[number];

interface Collection {
  readonly kind: MetricKind;
  /** Of the command. */
  readonly name: string;
  readonly description: string;
  /** What a document calls it. */
  readonly member: string;
  /** What the metrics are named by. */
  readonly nameField: string;
  readonly columns: readonly Column<Metric>[];
  /** What `add` takes, for its help. */
  readonly example: string;
}

const collections: readonly Collection[] = [
  {
    kind: 'sent',
    name: 'sent',
    description: 'the metrics last sent to CloudWatch (cloudwatch/sentmetrics)',
    member: 'sentMetrics',
    nameField: 'MetricName',
    columns: [
      { heading: 'METRIC', cell: ({ MetricName }) => textOf(MetricName) },
      { heading: 'DIMENSIONS', cell: ({ Dimensions }) => dimensionsOf(Dimensions) },
      { heading: 'VALUE', cell: ({ Value }) => textOf(Value) },
      { heading: 'UNIT', cell: ({ Unit }) => textOf(Unit) },
      { heading: 'AT', cell: ({ Timestamp }) => textOf(Timestamp) },
    ],
    example: `{"MetricName": "FleetSize", "Unit": "Count", "StorageResolution": 60,
   "Dimensions": [{"Name": "GroupName", "Value": "default"}], "Value": 12}`,
  },
  {
    kind: 'cached',
    name: 'cache',
    description: 'the metrics last read from CloudWatch (cloudwatch/metriccache)',
    member: 'metricCache',
    nameField: '_MetricId',
    columns: [
      { heading: 'METRIC', cell: ({ _MetricId }) => textOf(_MetricId) },
      { heading: 'LATEST', cell: ({ Values }) => firstOf(Values) },
      { heading: 'AT', cell: ({ Timestamps }) => firstOf(Timestamps) },
      { heading: 'VALUES', cell: ({ Values }) => (Array.isArray(Values) ? Values.length : null) },
      { heading: 'STATUS', cell: ({ StatusCode }) => textOf(StatusCode) },
    ],
    example: `{"_MetricId": "CPUCreditBalance/i-0ab", "Label": "CPUCreditBalance",
   "StatusCode": "Complete", "_SamplingTime": "2030-01-31 12:00:00+00:00",
   "Timestamps": ["2030-01-31 12:00:00+00:00"], "Values": [144.0]}`,
  },
];

export function addMetricsCommand(program: Command, context: CommandContext): void {
  const metrics = program
    .command('metrics')
    .description('metrics that the server running on this host answers with');
  for (const collection of collections) {
    const { name, description } = collection;
    addCollection(metrics.command(name).description(description), collection, context);
  }
}

function addCollection(parent: Command, collection: Collection, context: CommandContext): void {
  const { kind, columns, nameField, member, example } = collection;
  const print = (metrics: readonly Metric[], options: ServerOptions) =>
    show({ value: metrics, table: () => renderTable(columns, metrics) }, options, context);

  const set = parent
    .command('set <file>')
    .description('make the metrics of a file all there are; - is standard input')
    .addHelpText(
      'after',
      `\nThe file: the API's answer, which is a JSON list, or a document with "${member}".`,
    );
  addServerOptions(set).action(async (file: string, options: ServerOptions) => {
    const list = listIn(await readServerDocument(file, undefined, context), member, file);
    await withServer(options, async (server) => print(await server.setMetrics(kind, list), options));
  });

  const add = parent
    .command('add <json>')
    .description('enter one metric, in place of the one it is a later value of')
    .addHelpText('after', `\nFor example:\n  '${example}'`);
  addServerOptions(add).action(async (json: string, options: ServerOptions) => {
    const metric = parseMetric(json);
    await withServer(options, async (server) => print(await server.addMetric(kind, metric), options));
  });

  const list = parent.command('list').description('show them');
  addServerOptions(list).action((options: ServerOptions) =>
    withServer(options, async (server) => print(await server.metrics(kind), options)),
  );

  const clear = parent
    .command('clear')
    .description(`remove them all, or those of one ${nameField}`)
    .argument('[name]', `a ${nameField}`);
  addServerOptions(clear).action((name: string | undefined, options: ServerOptions) =>
    withServer(options, async (server) => {
      const cleared = await server.removeMetrics(kind, name ?? null);
      const table = () => renderProperties([['removed', cleared.removed]]);
      await show({ value: cleared, table }, options, context);
    }),
  );
}

function listIn(document: JsonValue, member: string, file: string): JsonValue {
  if (Array.isArray(document)) return document;
  const list = (document as Readonly<Record<string, JsonValue>>)[member];
  if (list !== undefined) return list;
  throw new CommandFailure(2, `${file}: expected a JSON list, or a document with "${member}"`);
}

function parseMetric(json: string): JsonValue {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new CommandFailure(2, `the metric is not JSON: ${(error as Error).message}; see --help for one`);
  }
}

function textOf(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function firstOf(list: JsonValue | undefined): string | null {
  return Array.isArray(list) ? textOf(list[0]) : null;
}

/** The group is the same for all of them. */
function dimensionsOf(dimensions: JsonValue | undefined): string | null {
  if (!Array.isArray(dimensions)) return null;
  const told = dimensions.filter(({ Name }) => Name !== 'GroupName');
  return told.length === 0 ? null : told.map(({ Name, Value }) => `${Name}=${Value}`).join(' ');
}
