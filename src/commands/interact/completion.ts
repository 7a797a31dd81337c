// `cs-interact completion`: what makes a shell complete the words of this program.
import { Argument, type Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { completionTree } from './completion/tree.ts';
import { zshScript } from './completion/zsh.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

const examples = `
bash  in ~/.bashrc:                  source <(cs-interact completion bash)
zsh   in ~/.zshrc, after compinit:   source <(cs-interact completion zsh)
fish  cs-interact completion fish > ~/.config/fish/completions/cs-interact.fish`;

export function addCompletionCommand(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .description('print what makes a shell complete the words of cs-interact')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .addHelpText('after', examples)
    .action((shell: keyof typeof scripts) =>
      context.print(scripts[shell](completionTree(program)).trimEnd()),
    );
}
