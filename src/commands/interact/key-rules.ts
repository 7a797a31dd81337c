// The rules of keys as options take them.
import { InvalidArgumentError, Option } from 'commander';
import { matchesAnyOperation } from '../../interaction/server/keys/rule-reach.ts';
import { ruleProblem } from '../../interaction/server/keys/rules.ts';
import type { CommandContext } from './command-context.ts';

export const rulesHelp = `
Rules are METHOD/path, such as GET/configuration/* or POST/scheduler; * alone is all.
GET/* is not read-only, as some GETs act: deny GET/control/* and GET/backup to a reader.
The queue's messages are matched as POST/notify/ackevent, POST/backup and so on.
An instance's key without rules may GET/metadata; any other without rules may nothing.`;

export function allowOption(): Option {
  return new Option('--allow <rule...>', 'what it may ask for').argParser(collectRule);
}

export function denyOption(): Option {
  return new Option('--deny <rule...>', 'what it may not, whatever is allowed').argParser(collectRule);
}

/** A rule without effect is no error, and most likely a misspelling. */
export function warnOfUselessRules(rules: readonly string[], { warn }: CommandContext): void {
  for (const rule of rules) {
    if (!matchesAnyOperation(rule))
      warn(`the rule ${rule} matches no operation: see "cs-interact operations"`);
  }
}

function collectRule(rule: string, before: unknown): readonly string[] {
  const problem = ruleProblem(rule);
  if (problem !== null) throw new InvalidArgumentError(`${problem}.`);
  return [...(Array.isArray(before) ? before : []), rule];
}
