// Completion for fish: one `complete` for each word, under the condition of where on the line it is.
import type { CompletedCommand } from './tree.ts';
import { commandWords, positionOf, programName, valueWords } from './words.ts';

/** The script for fish, to be sourced. */
export function fishScript(tree: readonly CompletedCommand[]): string {
  return `# fish completion for ${programName}:  ${programName} completion fish | source
function __cs_interact_path
  set -l path ''
  set -l skip ''
  for word in (commandline -opc)[2..-1]
    if test -n "$skip"; set skip ''; continue; end
    switch "$path $word"
      case ${valueWords(tree).join(' ')}
        set skip 1
      case ${commandWords(tree).join(' ')}
        set path "$path $word"
    end
  end
  test "$path" = "$argv[1]"
end
complete -c ${programName} -f
${tree.flatMap(fishLines).join('\n')}
`;
}

function fishLines(command: CompletedCommand): string[] {
  const line = `complete -c ${programName} -n ${fishQuoted(`__cs_interact_path '${positionOf(command)}'`)}`;
  const words = [
    ...command.commands,
    ...command.choices.map((choice) => ({ word: choice, summary: choice })),
  ].map(({ word, summary }) => `${line} -a ${fishQuoted(word)} -d ${fishQuoted(summary)}`);
  const options = command.options.map(({ flags, summary, value, choices, isFile }) => {
    const named = flags.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const offered = choices.length === 0 ? '' : ` -a ${fishQuoted(choices.join(' '))}`;
    const kind = value !== 'required' ? '' : isFile ? ' -r -F' : ` -x${offered}`;
    return `${line} ${named.join(' ')}${kind} -d ${fishQuoted(summary)}`;
  });
  return [...words, ...options, ...(command.takesFile ? [`${line} -F`] : [])];
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
