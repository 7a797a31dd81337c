// `cs-interact key change`: other rules for a key that is in use; its secret and whose it is stay.
import type { Command } from 'commander';
import type { KeyFileDocument } from '../../interaction/server/keys/change-key-file.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { allowOption, denyOption, rulesHelp, warnOfUselessRules } from './key-rules.ts';
import type { OutputOptions } from './output/show.ts';

export interface ChangeOptions extends OutputOptions {
  readonly keys: string;
  /** False: none, as for a key made without. */
  readonly allow?: readonly string[] | false;
  readonly deny?: readonly string[] | false;
}

/** Gives a command the options that say what changes. */
export function addRuleOptions(command: Command): Command {
  return command
    .addOption(allowOption())
    .option('--no-allow', 'it has no rules of its own that allow')
    .addOption(denyOption())
    .option('--no-deny', 'it has none that deny')
    .addHelpText(
      'after',
      `\nRules that are given take the place of all that it has of the kind.${rulesHelp}`,
    );
}

/** The file with other rules for the key. Throws CommandFailure. */
export function withRules(
  document: KeyFileDocument,
  id: string,
  { allow, deny }: Pick<ChangeOptions, 'allow' | 'deny'>,
): KeyFileDocument {
  const keys = document.keys.map((key) => {
    if (key.accessKeyId !== id) return key;
    const { allow: allowed, deny: denied, ...others } = key;
    return { ...others, ...member('allow', allow ?? allowed), ...member('deny', deny ?? denied) };
  });
  return { ...document, keys };
}

function member(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined || value === false ? {} : { [name]: value };
}

/** Throws CommandFailure when nothing is to change. */
export function requireChange({ allow, deny }: ChangeOptions, context: CommandContext): void {
  if (allow === undefined && deny === undefined) {
    throw new CommandFailure(2, 'nothing to change: give --allow, --deny, --no-allow or --no-deny');
  }
  warnOfUselessRules([...(allow || []), ...(deny || [])], context);
}
