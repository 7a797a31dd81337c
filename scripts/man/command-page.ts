// What a manual page has in common with --help: options, operands and commands, read from commander's own tree.
import type { Command, Help, Option } from 'commander';
import { bold, nextParagraph, paragraphs, prose, type Roff, subsection, tagged, verbatim } from './roff.ts';

/** One entry per option, as the command's help has them. */
export function optionEntries(command: Command, options: readonly Option[] = visibleOptions(command)): Roff {
  const help = helpOf(command);
  return options.flatMap((option) => tagged(help.optionTerm(option), help.optionDescription(option)));
}

export function visibleOptions(command: Command): Option[] {
  return helpOf(command).visibleOptions(command);
}

/** The list of commands of a program, as its help has it. */
export function commandList(program: Command): Roff {
  const help = helpOf(program);
  return help
    .visibleCommands(program)
    .flatMap((child) => tagged(help.subcommandTerm(child), help.subcommandDescription(child)));
}

/** The commands that do something: every one below the program that has none below it. */
export function leafCommands(program: Command): Command[] {
  return program.commands.flatMap((child) => (child.commands.length === 0 ? [child] : leafCommands(child)));
}

/** Options with the same words in at least `times` commands: told once. */
export function repeatedOptions(commands: readonly Command[], times: number): Option[] {
  const found = new Map<string, Option[]>();
  for (const command of commands) {
    for (const option of visibleOptions(command)) {
      const key = identity(command, option);
      found.set(key, [...(found.get(key) ?? []), option]);
    }
  }
  return [...found.values()].filter((same) => same.length >= times).map(([first]) => first as Option);
}

/** A command under its usage: what it does, its operands and options, and the names of those told in `elsewhere`. */
export function commandEntry(command: Command, elsewhere: readonly Option[], place: string): Roff {
  const help = helpOf(command);
  const known = new Set(elsewhere.map((option) => identity(command, option)));
  const isKnown = (option: Option): boolean => known.has(identity(command, option));
  const options = visibleOptions(command);
  const operands = help.visibleArguments(command);
  const names = options
    .filter((option) => isKnown(option) && option.long !== '--help')
    .map(({ long }) => `\`${long}\``);
  return subsection(
    help.commandUsage(command),
    paragraphs(capitalised(help.commandDescription(command))),
    operands.flatMap((operand) => tagged(help.argumentTerm(operand), help.argumentDescription(operand))),
    optionEntries(
      command,
      options.filter((option) => !isKnown(option)),
    ),
    names.length === 0 ? [] : nextParagraph(`As under ${place}: ${names.join(', ')}.`),
    afterHelp(command),
  );
}

/** The usage of a program, one line for each of its forms. */
export function synopsis(command: Command): Roff {
  const forms = helpOf(command).commandUsage(command).split('\n');
  return forms.flatMap((form, index) => {
    const [name = '', ...rest] = form.trim().split(' ');
    const line = `${bold(name)} ${prose(rest.join(' '))}`;
    return index === 0 ? [line] : ['.br', line];
  });
}

/** What the help adds below its lists: examples and remarks, in lines of their own. */
function afterHelp(command: Command): Roff {
  let whole = '';
  const output = command.configureOutput();
  command.configureOutput({ writeOut: (text) => (whole += text) });
  command.outputHelp();
  command.configureOutput(output);
  const text = whole.slice(command.helpInformation().length).trim();
  return text === '' ? [] : verbatim(text);
}

function helpOf(command: Command): Help {
  return command.createHelp();
}

/** Two options are one where a reader sees no difference. */
function identity(command: Command, option: Option): string {
  const help = helpOf(command);
  return `${help.optionTerm(option)}\n${help.optionDescription(option)}`;
}

function capitalised(text: string): string {
  const sentence = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
