// How a result leaves the program: a table for a person, JSON for a program, or what --output says.
import type { JsonValue } from '../../../interaction/contract/python-json.ts';
import type { CommandContext } from '../command-context.ts';
import { plainJson, plainText } from './plain.ts';

export const outputFormats = ['json', 'yaml', 'table'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface OutputOptions {
  readonly output?: OutputFormat;
}

/** A result: what it is, and how a person sees it. */
export interface Result {
  readonly value: unknown;
  readonly table: () => string;
}

/** Prints a result in the format asked for: by default the table on a terminal, JSON elsewhere. */
export async function show(result: Result, options: OutputOptions, context: CommandContext): Promise<void> {
  context.print(await render(result, options.output ?? (context.isTerminal ? 'table' : 'json')));
}

/** Prints a text that is a result by itself, such as one value: the same on a terminal and for a program. */
export async function showText(text: string, options: OutputOptions, context: CommandContext): Promise<void> {
  const asItIs = context.isTerminal ? plainText(text) : text;
  const { output } = options;
  const isText = output === undefined || output === 'table';
  context.print(isText ? asItIs : await render({ value: text, table: () => asItIs }, output));
}

async function render({ value, table }: Result, format: OutputFormat): Promise<string> {
  if (format === 'table') return table();
  if (format === 'json') return plainJson(value);
  const { printDocument } = await import('../../../interaction/contract/documents.ts');
  return printDocument(value as JsonValue, 'yaml').replace(/\n$/, '');
}
