// `cs-interact metadata`: what the API says of this instance, or of another.
import type { Command } from 'commander';
import type { InstanceMetadata } from '../../interaction/contract/instance-metadata.ts';
import { type ApiOptions, addApiOptions, showAnswer, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { parameterHelp, summaryOf } from './operation-help.ts';
import { renderProperties } from './output/table.ts';

interface MetadataOptions extends ApiOptions {
  readonly instanceId?: string;
}

export function addMetadataCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('metadata')
    .description(summaryOf('metadata'))
    .option(
      '--instance-id <id>',
      `the instance to ask about, ${parameterHelp('metadata', 'instanceid')}, which must be an instance too`,
    )
    .addHelpText('after', '\nOnly an instance is answered; for operators there is cs-interact fleet list.');
  addApiOptions(command).action((options: MetadataOptions) => showMetadata(options, context));
}

async function showMetadata(options: MetadataOptions, context: CommandContext): Promise<void> {
  await withApi(options, context, async ({ client, limits }) => {
    const { instanceId } = options;
    const { model, raw } = await client.ask('metadata', { query: { instanceid: instanceId } }, limits);
    // The oldest servers do not know the parameter and answer for the caller.
    if (instanceId !== undefined && model.instanceId !== instanceId) {
      throw new CommandFailure(
        1,
        `metadata: the API answered for ${model.instanceId} in place of ${instanceId}: ` +
          'it is too old for --instance-id, use cs-interact fleet list',
      );
    }
    await showAnswer(raw, { value: model, table: () => metadataTable(model) }, options, context);
  });
}

function metadataTable(instance: InstanceMetadata): string {
  const { tags, spotDetails } = instance;
  return renderProperties([
    ['instance', instance.instanceId],
    ['name', instance.instanceName],
    ['state', instance.state],
    ['status', instance.status],
    ['subfleet', instance.subfleetName],
    ['type', instance.instanceType],
    ['zone', instance.availabilityZone],
    ['located in zone with issues', instance.locatedInAzWithIssues],
    ['spot', instance.spotInstance],
    ['spot interrupted at', spotDetails?.interruptedAt ?? null],
    ['spot rebalance recommended at', spotDetails?.rebalanceRecommendedAt ?? null],
    ['target groups', instance.targetGroups],
    ...instance.targetGroupArns.map((arn) => ['', arn] as const),
    ...Object.entries(tags).map(([key, value]) => [`tag ${key}`, value] as const),
  ]);
}
