// cs-interact as commander has it, for what is written from its definitions: no command of it is ever run.
import type { Command } from 'commander';
import type { CommandContext } from '../src/commands/interact/command-context.ts';
import { createProgram } from '../src/commands/interact/program.ts';

export function describeInteract(version: string): Command {
  return createProgram(unused(version));
}

/** The tree is only read: nothing of the process it would run in is needed. */
function unused(version: string): CommandContext {
  const never = new AbortController().signal;
  const nothing = (): void => {};
  return {
    version,
    env: {},
    signal: never,
    readerGone: never,
    isTerminal: false,
    input: { read: () => Promise.resolve(''), ask: () => Promise.resolve(null) },
    print: nothing,
    warn: nothing,
    explain: nothing,
  };
}
