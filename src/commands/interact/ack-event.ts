// `cs-interact ack-event`: tells CloneSquad that events were taken note of, so that it does not send them again.
import type { Command } from 'commander';
import { queueMessage } from '../../interaction/contract/queue-message.ts';
import { parseTimestamp } from '../../interaction/contract/timestamps.ts';
import { type ApiOptions, addApiOptions, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { summaryOf } from './operation-help.ts';
import { nameOf, readDocumentText } from './read-document.ts';
import { queueHelp, queueOption, showSent } from './sent-message.ts';

interface AckOptions extends ApiOptions {
  readonly from?: string;
}

export function addAckEventCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('ack-event')
    .description(`${summaryOf('ackEvent')}; sent to the queue, which does not answer`)
    .argument('[date...]', 'the EventDate of each, e.g. "2020-11-17 10:50:59.462776+00:00"')
    .option(
      '--from <file>',
      'take the dates from a notification as CloneSquad sends it; - for standard input',
    )
    .addOption(queueOption())
    .addHelpText('after', queueHelp);
  addApiOptions(command).action((dates: string[], options: AckOptions) =>
    acknowledge(dates, options, context),
  );
}

async function acknowledge(
  given: readonly string[],
  options: AckOptions,
  context: CommandContext,
): Promise<void> {
  for (const date of given) checkDate(date, context);
  const { from } = options;
  const dates =
    from === undefined ? given : [...given, ...eventDatesIn(await readDocumentText(from, context), from)];
  if (dates.length === 0) throw new CommandFailure(2, 'ack-event: give the dates of events, or --from');
  await withApi(options, context, async (api) => {
    const sent = await api.sendToQueue(queueMessage('ackEvent', { Events: [...new Set(dates)] }));
    await showSent('ackEvent', sent, options, context);
  });
}

const printedForm = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{6})?\+00:00$/;

/** Nobody is told that a date is no event's. Throws CommandFailure for what is no date. */
function checkDate(date: string, context: CommandContext): void {
  const example = '"2020-11-17 10:50:59.462776+00:00"';
  if (parseTimestamp(date) === null)
    throw new CommandFailure(
      2,
      `ack-event: ${JSON.stringify(date)}: not the date of an event, such as ${example}`,
    );
  if (!printedForm.test(date))
    context.warn(
      `ack-event: ${date}: events are known by their EventDate letter by letter, such as ${example}`,
    );
}

/** The dates of a notification `{ "Events": [ { "EventDate": ... } ] }`. Throws CommandFailure. */
function eventDatesIn(text: string, source: string): string[] {
  const events = (parse(text) as { Events?: unknown } | null)?.Events;
  const dates = Array.isArray(events)
    ? events.map((event) => (event as { EventDate?: unknown })?.EventDate)
    : [];
  if (dates.length > 0 && dates.every((date) => typeof date === 'string' && date !== ''))
    return dates as string[];
  throw new CommandFailure(
    2,
    `${nameOf(source)}: not a notification of CloneSquad: expected { "Events": [ { "EventDate": "..." }, ... ] }`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
