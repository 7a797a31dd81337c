// What the scripts of all shells have in common: they walk the words typed so far down the tree of commands, passing over the
// values of options, and then offer what can stand at the cursor. Nothing is asked of the program or the API meanwhile.
import type { CompletedCommand, CompletedOption } from './tree.ts';

export const programName = 'cs-interact';

/** How the scripts know a command: a blank before each word of its path. */
export function positionOf({ path }: CompletedCommand): string {
  return path === '' ? '' : ` ${path}`;
}

/** Options whose next word is a value, each behind its command. */
export function valueWords(tree: readonly CompletedCommand[]): string[] {
  return tree.flatMap((command) =>
    command.options
      .filter(({ value }) => value === 'required')
      .flatMap(({ flags }) => flags.map((flag) => quoted(`${positionOf(command)} ${flag}`))),
  );
}

/** Commands, each behind its parent. */
export function commandWords(tree: readonly CompletedCommand[]): string[] {
  return tree.flatMap((command) =>
    command.commands.map(({ word }) => quoted(`${positionOf(command)} ${word}`)),
  );
}

/** `valueWords` as the patterns of one case, for bash and zsh. */
export function valuePatterns(tree: readonly CompletedCommand[], indent: string): string {
  return indent + valueWords(tree).join(` | \\\n${indent}`);
}

/** `commandWords` likewise. */
export function commandPatterns(tree: readonly CompletedCommand[], indent: string): string {
  return indent + commandWords(tree).join(` | \\\n${indent}`);
}

/** One case for each option that has a value; an optional value may as well be the next word of the line. */
export function valueCases(command: CompletedCommand, action: (option: CompletedOption) => string): string[] {
  return command.options
    .filter(({ value }) => value === 'required')
    .map((option) => {
      const patterns = option.flags.map((flag) => quoted(`${positionOf(command)} ${flag}`));
      return `    ${patterns.join(' | ')}) ${action(option)} ;;`;
    });
}

/** In quotes that bash, zsh and, where the text has no quote itself, fish understand. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
