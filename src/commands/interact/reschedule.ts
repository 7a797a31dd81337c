// `cs-interact reschedule`: has CloneSquad schedule now in place of at its next turn.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { queueMessage } from '../../interaction/contract/queue-message.ts';
import { type ApiOptions, addApiOptions, showTextAnswer, withApi } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { parseDelay } from './durations.ts';
import { parameterHelp, summaryOf } from './operation-help.ts';
import { queueHelp, showSent } from './sent-message.ts';

interface RescheduleOptions extends ApiOptions {
  /** In seconds. */
  readonly delay?: number;
  readonly queue?: boolean;
}

/** What SQS accepts. */
const maxDelayS = 900;

export function addRescheduleCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('reschedule')
    .description(summaryOf('rescheduleNow'))
    .addOption(
      new Option(
        '--delay <duration>',
        `how long ${parameterHelp('rescheduleNow', 'delay')}, up to 15m`,
      ).argParser(parseRescheduleDelay),
    )
    .option('--queue', 'by the queue, which does not answer')
    .addHelpText('after', queueHelp);
  addApiOptions(command).action((options: RescheduleOptions) => reschedule(options, context));
}

async function reschedule(options: RescheduleOptions, context: CommandContext): Promise<void> {
  const { delay, queue } = options;
  await withApi(options, context, async (api) => {
    if (queue === true) {
      const members = delay === undefined ? {} : { delay };
      const sent = await api.sendToQueue(queueMessage('rescheduleNow', members));
      return showSent('rescheduleNow', sent, options, context);
    }
    const query = { delay: delay === undefined ? undefined : String(delay) };
    const { model } = await api.client.ask('rescheduleNow', { query }, api.limits);
    await showTextAnswer(model, options, context);
  });
}

function parseRescheduleDelay(text: string): number {
  const seconds = parseDelay(text);
  if (seconds > maxDelayS) throw new InvalidArgumentError('Expected at most 15m.');
  return seconds;
}
