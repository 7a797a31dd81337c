// What can be typed on the command line, read from commander's own tree: the shells' completions are printed from it.
import type { Command, Option } from 'commander';

export interface Word {
  readonly word: string;
  readonly summary: string;
}

export interface CompletedOption {
  /** `-V` and `--version`. */
  readonly flags: readonly string[];
  readonly summary: string;
  /** Whether the next word is its value. */
  readonly value: 'none' | 'required' | 'optional';
  readonly choices: readonly string[];
  /** Whether a value without choices is the name of a file. */
  readonly isFile: boolean;
}

/** One command with all its words. `path` is empty for the program itself, else e.g. `config set`. */
export interface CompletedCommand {
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly CompletedOption[];
  /** Choices of the arguments. */
  readonly choices: readonly string[];
  readonly takesFile: boolean;
}

/** The program and every visible command below it, in the order of help. */
export function completionTree(program: Command): CompletedCommand[] {
  return visit(program, '');
}

function visit(command: Command, path: string): CompletedCommand[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command);
  const words = below.map((child) => ({ word: child.name(), summary: help.subcommandDescription(child) }));
  const own: CompletedCommand = {
    path,
    commands: words,
    options: help.visibleOptions(command).map((option) => toOption(option, help.optionDescription(option))),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFile: command.registeredArguments.some((argument) => namesFile(argument.name())),
  };
  const under = below.flatMap((child) => {
    const childPath = path === '' ? child.name() : `${path} ${child.name()}`;
    // Commander's own `help` is no command with a tree of its own: it takes the names of the others.
    if (!command.commands.includes(child)) return [helpCommand(childPath, words)];
    return visit(child, childPath);
  });
  return [own, ...under];
}

function helpCommand(path: string, words: readonly Word[]): CompletedCommand {
  const commands = words.filter(({ word }) => word !== 'help');
  return { path, commands, options: [], choices: [], takesFile: false };
}

function toOption(option: Option, summary: string): CompletedOption {
  const { short, long, required, optional, argChoices } = option;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    summary,
    value: required ? 'required' : optional ? 'optional' : 'none',
    choices: argChoices ?? [],
    isFile: namesFile(/[<[](.*?)[.\]>]/.exec(option.flags)?.[1] ?? ''),
  };
}

function namesFile(placeholder: string): boolean {
  return /^(file|path|directory|dir)$/i.test(placeholder);
}
