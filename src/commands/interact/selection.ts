// Which instances `unstoppable` and `unstartable` are about: options, and the request that they make.
import { type Command, InvalidArgumentError } from 'commander';

export interface SelectionOptions {
  readonly instanceId?: readonly string[];
  readonly name?: readonly string[];
  readonly subfleet?: readonly string[];
  readonly mainFleet?: boolean;
  /** Null: the instance has no such tag. */
  readonly tag?: Readonly<Record<string, string | null>>;
  readonly all?: boolean;
}

/** The part of a request that selects; query values go before those of the body. */
export interface Selection {
  readonly query: { readonly instanceids?: string };
  readonly body: Readonly<Record<string, unknown>>;
}

/** Instances of the main fleet are those without this tag. */
const subfleetTag = 'clonesquad:subfleet-name';

export function addSelectionOptions(command: Command): Command {
  return command
    .option('--instance-id <id...>', 'these instances')
    .option('--name <name...>', 'and those of these names')
    .option('--subfleet <name...>', 'and those of these subfleets')
    .option('--main-fleet', 'and those of no subfleet; with --tag, only such of them as have the tags')
    .option(
      '--tag <key=value>',
      'and those that have every tag given: KEY=VALUE, where * makes the value a pattern, or KEY= for no such tag',
      collectTag,
    )
    .option('--all', 'every instance of the group');
}

/** What the options select; null when they select nothing. */
export function toSelection(options: SelectionOptions): Selection | null {
  const { instanceId, name, subfleet, mainFleet, tag, all } = options;
  const tags = { ...tag, ...(mainFleet === true ? { [subfleetTag]: null } : {}) };
  const body = {
    ...(instanceId === undefined ? {} : { InstanceIds: instanceId }),
    ...(name === undefined ? {} : { InstanceNames: name }),
    ...(subfleet === undefined ? {} : { SubfleetNames: subfleet }),
    ...(Object.keys(tags).length === 0 ? {} : { Tags: tags }),
  };
  if (all === true) return { query: { instanceids: 'all' }, body };
  return Object.keys(body).length === 0 ? null : { query: {}, body };
}

function collectTag(
  text: string,
  previous: Readonly<Record<string, string | null>> = {},
): Record<string, string | null> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Expected KEY=VALUE or KEY=.');
  return { ...previous, [text.slice(0, equals)]: text.slice(equals + 1) || null };
}
