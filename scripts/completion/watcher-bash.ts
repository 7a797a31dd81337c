// Completion of cs-instance-watcher for bash: a function that leaves what it offers in COMPREPLY. Nothing is asked of the agent.
import { type CompletedCommand, completedCommands } from './watcher-words.ts';

/** The script, to be sourced. */
export function watcherCompletion(): string {
  const commands = completedCommands();
  return `# bash completion for cs-instance-watcher
_cs_instance_watcher() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command= option= takes= words= path= values=0 i
  COMPREPLY=()
  # A command can only be the first word.
  if ((COMP_CWORD > 1)) && [[ \${COMP_WORDS[1]} != -* ]]; then command=\${COMP_WORDS[1]}; fi
  # The option before the cursor, and how many words have followed it; bash makes --option=value three.
  for ((i = COMP_CWORD - 1; i > 0; i--)); do
    case \${COMP_WORDS[i]} in
      =) ;;
      -*) option=\${COMP_WORDS[i]}; break ;;
      *) ((values++)) ;;
    esac
  done
  if [[ $cur == = ]]; then cur=
  elif [[ $cur == -* && \${COMP_WORDS[COMP_CWORD - 1]} != = ]]; then
    case $command in
${lines(6, commands.map(optionsCase))}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    return
  fi
  case "$command $option" in
${lines(4, commands.flatMap(valueCases))}
  esac
  if [[ $takes == many || $takes == one && $values == 0 ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    case $path in
      file) mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
      directory) mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur") ;;
    esac
    # Has a directory end in a slash; only bash itself, completing, knows it.
    if [[ -n $path ]]; then compopt -o filenames 2>/dev/null; fi
    return
  fi
  words=
  case $command in
    '') if ((COMP_CWORD == 1)); then words='${commands[0]?.words.join(' ')}'; fi ;;
${lines(4, commands.slice(1).flatMap(wordsCase))}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _cs_instance_watcher cs-instance-watcher
`;
}

function optionsCase({ name, options }: CompletedCommand): string {
  return `'${name}') words='${options.map((option) => option.name).join(' ')}' ;;`;
}

function valueCases(command: CompletedCommand): string[] {
  return command.options
    .filter(({ takes }) => takes !== 'none')
    .map(
      ({ name, takes, values, path }) =>
        `'${command.name} ${name}') takes=${takes} words='${values.join(' ')}' path=${path ?? ''} ;;`,
    );
}

function wordsCase({ name, words }: CompletedCommand): string[] {
  return words.length === 0 ? [] : [`${name}) words='${words.join(' ')}' ;;`];
}

function lines(indent: number, cases: readonly string[]): string {
  return cases.map((line) => ' '.repeat(indent) + line).join('\n');
}
