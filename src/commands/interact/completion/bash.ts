// Completion for bash: a function that leaves what it offers in COMPREPLY.
import type { CompletedCommand, CompletedOption } from './tree.ts';
import { commandPatterns, positionOf, programName, quoted, valueCases, valuePatterns } from './words.ts';

/** The script for bash, to be sourced. */
export function bashScript(tree: readonly CompletedCommand[]): string {
  return `# bash completion for ${programName}:  source <(${programName} completion bash)
_cs_interact() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev= path= word i skip=
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # bash makes --option=value three words.
    if [[ $word == = ]]; then continue; fi
    if [[ -n $skip ]]; then skip= prev=; continue; fi
    prev=$word
    case "$path $word" in
${valuePatterns(tree, '      ')}) skip=1 ;;
${commandPatterns(tree, '      ')}) path="$path $word" ;;
    esac
  done
  if [[ $cur == = ]]; then cur=; fi
  case "$path $prev" in
${tree.flatMap((command) => valueCases(command, bashValues)).join('\n')}
  esac
  case "$path" in
${tree.map(bashWords).join('\n')}
  esac
}
complete -F _cs_interact ${programName}
`;
}

function bashValues({ choices, isFile }: CompletedOption): string {
  if (choices.length > 0) return `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$cur")); return`;
  return isFile ? 'compopt -o default; return' : 'return';
}

function bashWords(command: CompletedCommand): string {
  const options = command.options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--')));
  const words = [...command.commands.map(({ word }) => word), ...command.choices];
  const files = command.takesFile ? '; [[ $cur == -* ]] || compopt -o default' : '';
  return `    ${quoted(positionOf(command))})
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W ${quoted(options.join(' '))} -- "$cur"))
      else COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur"))${files}; fi ;;`;
}
