// Completion for zsh, with summaries. `path` is zsh's own variable, so the path of commands is `path_`.
import type { CompletedCommand, CompletedOption } from './tree.ts';
import { commandPatterns, positionOf, programName, quoted, valueCases, valuePatterns } from './words.ts';

/** The script for zsh, to be sourced after compinit. */
export function zshScript(tree: readonly CompletedCommand[]): string {
  return `#compdef ${programName}
# zsh completion for ${programName}:  source <(${programName} completion zsh)
_cs_interact() {
  local prev= path_= word skip=
  local -a found
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $skip ]]; then skip= prev=; continue; fi
    prev=$word
    case "$path_ $word" in
${valuePatterns(tree, '      ')}) skip=1 ;;
${commandPatterns(tree, '      ')}) path_="$path_ $word" ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    prev=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$path_ $prev" in
${tree.flatMap((command) => valueCases(command, zshValues)).join('\n')}
  esac
  case "$path_" in
${tree.map(zshWords).join('\n')}
  esac
}
compdef _cs_interact ${programName}
`;
}

function zshValues({ choices, isFile }: CompletedOption): string {
  if (choices.length > 0) return `compadd -- ${choices.map(quoted).join(' ')}; return`;
  return isFile ? '_files; return' : 'return';
}

function zshWords(command: CompletedCommand): string {
  const described = (word: string, summary: string) => quoted(`${word.replaceAll(':', '\\:')}:${summary}`);
  const options = command.options.flatMap(({ flags, summary }) =>
    flags.filter((flag) => flag.startsWith('--')).map((flag) => described(flag, summary)),
  );
  const words = [
    ...command.commands.map(({ word, summary }) => described(word, summary)),
    ...command.choices.map((choice) => described(choice, choice)),
  ];
  const files = command.takesFile ? '; [[ $PREFIX == -* ]] || _files' : '';
  return `    ${quoted(positionOf(command))})
      if [[ $PREFIX == -* ]]; then found=(${options.join(' ')}); else found=(${words.join(' ')}); fi
      _describe -t words word found${files} ;;`;
}
