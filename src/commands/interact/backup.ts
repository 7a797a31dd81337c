// `cs-interact backup`: has CloneSquad export what it knows.
import type { Command } from 'commander';
import { queueMessage } from '../../interaction/contract/queue-message.ts';
import { type ApiOptions, addApiOptions, showTextAnswer, withApi } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { summaryOf } from './operation-help.ts';
import { queueHelp, showSent } from './sent-message.ts';

interface BackupOptions extends ApiOptions {
  readonly queue?: boolean;
}

export function addBackupCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('backup')
    .description(summaryOf('backup'))
    .option('--queue', 'by the queue, which does not answer: a large fleet takes longer than the API waits')
    .addHelpText('after', queueHelp);
  addApiOptions(command).action((options: BackupOptions) => backUp(options, context));
}

async function backUp(options: BackupOptions, context: CommandContext): Promise<void> {
  await withApi(options, context, async (api) => {
    if (options.queue === true) {
      const sent = await api.sendToQueue(queueMessage('backup', {}));
      return showSent('backup', sent, options, context);
    }
    const { model } = await api.client.ask('backup', {}, api.limits);
    await showTextAnswer(model, options, context);
  });
}
