// `cs-interact report`: has CloneSquad write a debug report.
import type { Command } from 'commander';
import { queueMessage } from '../../interaction/contract/queue-message.ts';
import { type ApiOptions, addApiOptions, withApi } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { summaryOf } from './operation-help.ts';
import { queueHelp, queueOption, showSent } from './sent-message.ts';

export function addReportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report')
    .description(`${summaryOf('publishReportNow')}; sent to the queue, which does not answer`)
    .addOption(queueOption())
    .addHelpText('after', queueHelp);
  addApiOptions(command).action(async (options: ApiOptions) => {
    await withApi(options, context, async (api) => {
      const sent = await api.sendToQueue(queueMessage('publishReportNow', {}));
      await showSent('publishReportNow', sent, options, context);
    });
  });
}
