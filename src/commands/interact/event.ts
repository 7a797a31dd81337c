// `cs-interact event`: what an operator on the server's host enters as having happened, to be acknowledged by others.
import { type Command, Option } from 'commander';
import type { StoredEvent } from '../../interaction/server/store/store.ts';
import { addServerOptions, type ServerOptions, withServer } from './admin-socket.ts';
import type { CommandContext } from './command-context.ts';
import { durationForms, parseSeconds } from './durations.ts';
import { show } from './output/show.ts';
import { type Column, renderTable } from './output/table.ts';

interface AddOptions extends ServerOptions {
  readonly type: string;
  readonly source?: string;
  readonly input?: string;
  readonly outputData?: string;
  readonly exception?: string;
  readonly metadata?: string;
  readonly date?: string;
  /** In seconds. */
  readonly expiresIn: number;
}

/** As CloneSquad keeps events that nobody acknowledges. */
const defaultExpiryS = 300;

export function addEventCommand(program: Command, context: CommandContext): void {
  const event = program.command('event').description('events that the server running on this host has');

  const add = event
    .command('add')
    .description('enter an event; `cs-interact ack-event` with its date removes it')
    .requiredOption('--type <type>', 'what happened, in a word (EventType)')
    .option('--source <source>', 'what it happened to, or who says so (EventSource)')
    .option('--input <text>', 'what was asked for, JSON as a rule (InputData)')
    .option('--output-data <text>', 'what came of it, JSON as a rule (OutputData)')
    .option('--exception <text>', 'how it failed (HandledException)')
    .option('--metadata <text>', 'base64 of compressed JSON (Metadata)')
    .option('--date <time>', 'when, e.g. "2020-11-17 10:50:59.462776+00:00"; otherwise now (EventDate)')
    .addOption(
      new Option('--expires-in <duration>', `after which it is forgotten: ${durationForms}`)
        .argParser(parseSeconds)
        .default(defaultExpiryS, '5m'),
    );
  addServerOptions(add).action((options: AddOptions) =>
    withServer(options, async (server) => {
      await print(await server.addEvent(toEvent(options, Date.now())), options, context);
    }),
  );

  const list = event.command('list').description('show all events that nobody has acknowledged');
  addServerOptions(list).action((options: ServerOptions) =>
    withServer(options, async (server) => {
      const events = await server.events();
      await show({ value: events, table: () => renderTable(columns, events) }, options, context);
    }),
  );

  const remove = event.command('remove <date>').description('remove an event, as acknowledging it does');
  addServerOptions(remove).action((date: string, options: ServerOptions) =>
    withServer(options, async (server) => print(await server.removeEvent(date), options, context)),
  );
}

function toEvent(options: AddOptions, nowMs: number): Record<string, string | number> {
  const attributes = {
    EventType: options.type,
    EventSource: options.source,
    InputData: options.input,
    OutputData: options.outputData,
    HandledException: options.exception,
    Metadata: options.metadata,
    EventDate: options.date,
    ExpirationTime: Math.ceil(nowMs / 1000) + options.expiresIn,
  };
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given as [string, string | number][]);
}

const columns: readonly Column<StoredEvent>[] = [
  { heading: 'DATE', cell: ({ EventDate }) => EventDate },
  { heading: 'TYPE', cell: ({ EventType }) => EventType ?? null },
  { heading: 'SOURCE', cell: ({ EventSource }) => EventSource ?? null },
  { heading: 'ACKNOWLEDGED', cell: ({ AckDate }) => AckDate ?? null },
  { heading: 'INPUT', cell: ({ InputData }) => InputData ?? null },
];

async function print(event: StoredEvent, options: ServerOptions, context: CommandContext): Promise<void> {
  await show({ value: event, table: () => renderTable(columns, [event]) }, options, context);
}
