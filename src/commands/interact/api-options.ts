// The options of every command that calls the API: which API, as whom, for how long, and in what form its answer is shown.
import { type Command, Option } from 'commander';
import type { ApiSession } from './api-session.ts';
import type { CommandContext } from './command-context.ts';
import { durationForms, parseSeconds } from './durations.ts';
import { plainText } from './output/plain.ts';
import { type OutputOptions, outputFormats, type Result, show, showText } from './output/show.ts';

export interface ApiOptions extends OutputOptions {
  readonly group?: string;
  readonly apiUrl?: string | undefined;
  readonly apiId?: string;
  readonly region?: string;
  readonly profile?: string;
  /** In seconds. */
  readonly timeout: number;
  readonly raw?: boolean;
}

export function addApiOptions(command: Command): Command {
  const which = 'Which API, and as whom:';
  const how = 'Output:';
  const options = [
    new Option('--group <name>', 'the CloneSquad group, whose Discovery Lambda tells where its API is')
      .env('CS_INTERACT_GROUP')
      .helpGroup(which),
    new Option(
      '--api-url <url>',
      'the API itself, with its stage, e.g. https://HOST/v1/; goes before --group',
    )
      .env('CS_INTERACT_API_URL')
      .helpGroup(which),
    new Option('--api-id <id>', 'the API meant, where --api-url is a VPC endpoint').helpGroup(which),
    new Option('--region <region>', 'region of the API (AWS_REGION, AWS_DEFAULT_REGION)').helpGroup(which),
    new Option('--profile <name>', 'profile of the AWS configuration (AWS_PROFILE)').helpGroup(which),
    new Option('--timeout <duration>', `how long to wait for an answer: ${durationForms}`)
      .argParser(parseSeconds)
      .default(30, '30s')
      .helpGroup(which),
    new Option('--output <format>', 'instead of a table on a terminal and JSON elsewhere')
      .choices(outputFormats)
      .helpGroup(how),
    new Option('--raw', 'the answer as it came').conflicts('output').helpGroup(how),
  ];
  for (const option of options) command.addOption(option);
  return command.hook('preAction', (run) => {
    // A group that was typed goes before an address that the environment happens to have.
    const isTyped = run.getOptionValueSource('group') === 'cli';
    if (isTyped && run.getOptionValueSource('apiUrl') === 'env') run.setOptionValue('apiUrl', undefined);
  });
}

/**
 * Finds the API, runs `use` with it and closes what was opened. Throws CommandFailure. The client is loaded here, so that
 * help and completion need not wait for it.
 */
export async function withApi(
  options: ApiOptions,
  context: CommandContext,
  use: (api: ApiSession) => Promise<void>,
): Promise<void> {
  const { runWithApi } = await import('./api-session.ts');
  await runWithApi(options, context, use);
}

/** Shows an answer: as it came with --raw, else what it was read into. */
export async function showAnswer(
  raw: string,
  result: Result,
  options: ApiOptions,
  context: CommandContext,
): Promise<void> {
  if (options.raw === true) printRaw(raw, context);
  else await show(result, options, context);
}

/** Shows an answer that is a text by itself. */
export async function showTextAnswer(
  text: string,
  options: ApiOptions,
  context: CommandContext,
): Promise<void> {
  if (options.raw === true) printRaw(text, context);
  else await showText(text, options, context);
}

/** An answer as it came, except for what a terminal would act on. */
export function printRaw(raw: string, context: CommandContext): void {
  // YAML ends its last line itself.
  const text = raw.replace(/\n$/, '');
  context.print(context.isTerminal ? plainText(text) : text);
}
