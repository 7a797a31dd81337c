// `cs-interact key change`: other rules for a key that is in use; its secret and whose it is stay.
import type { Command } from 'commander';
import { kindOfCaller } from '../../interaction/server/gateway/caller.ts';
import type { KeyFileDocument } from '../../interaction/server/keys/change-key-file.ts';
import { instanceRules } from '../../interaction/server/keys/rules.ts';
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
      `\nRules that are given are added to those it has; --no-allow and --no-deny take all of the kind away.${rulesHelp}`,
    );
}

/** The file with the key's rules changed: those given are added, `false` takes all of the kind away. */
export function withRules(
  document: KeyFileDocument,
  id: string,
  { allow, deny }: Pick<ChangeOptions, 'allow' | 'deny'>,
): KeyFileDocument {
  const keys = document.keys.map((key) => {
    if (key.accessKeyId !== id) return key;
    const { allow: allowed, deny: denied, ...others } = key;
    // What a rule is added to includes what the key may do without any.
    const inForce = allowed ?? (isInstanceKey(key) ? instanceRules : []);
    return {
      ...others,
      ...member('allow', allow, allow === undefined ? allowed : inForce),
      ...member('deny', deny, denied),
    };
  });
  return { ...document, keys };
}

type Entry = KeyFileDocument['keys'][number];

function isInstanceKey({ instanceId, caller }: Entry): boolean {
  return instanceId !== undefined || kindOfCaller(String(caller)).kind === 'instance';
}

function member(
  name: string,
  given: readonly string[] | false | undefined,
  before: unknown,
): Readonly<Record<string, unknown>> {
  if (given === false) return {};
  if (given === undefined) return before === undefined ? {} : { [name]: before };
  return { [name]: [...new Set([...(Array.isArray(before) ? before : []), ...given])] };
}

/** Throws CommandFailure when nothing is to change. */
export function requireChange({ allow, deny }: ChangeOptions, context: CommandContext): void {
  if (allow === undefined && deny === undefined) {
    throw new CommandFailure(2, 'nothing to change: give --allow, --deny, --no-allow or --no-deny');
  }
  warnOfUselessRules([...(allow || []), ...(deny || [])], context);
}
