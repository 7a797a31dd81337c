// What a command says when it put a message into the queue: that it was accepted is all that can be known.
import { Option } from 'commander';
import type { SentMessage } from '../../aws/sqs.ts';
import type { QueuedOperationId } from '../../interaction/client/call.ts';
import { operations } from '../../interaction/contract/operations.ts';
import { type ApiOptions, showAnswer } from './api-options.ts';
import type { CommandContext } from './command-context.ts';
import { renderProperties } from './output/table.ts';

/** What it takes to find the queue. */
export const queueHelp =
  '\nThe queue is found by --group, or with --api-url by asking the API (GET/discovery).';

/** `--queue` where there is no other way: other commands have it, so it is taken here too. */
export function queueOption(): Option {
  return new Option('--queue', 'by the queue').hideHelp();
}

export async function showSent(
  id: QueuedOperationId,
  { messageId, raw }: SentMessage,
  options: ApiOptions,
  context: CommandContext,
): Promise<void> {
  const { name: operation } = operations[id];
  const table = () =>
    renderProperties([
      ['queued', operation],
      ['message', messageId],
    ]);
  await showAnswer(raw, { value: { queued: operation, messageId }, table }, options, context);
}
