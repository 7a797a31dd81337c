// What argparse accepted on the Python tool's command lines and commander does not: abbreviations, and a repeated list
// that replaces the one before it.
import { ConfigError } from './agent-config.ts';
import { OPTIONS, SETTINGS } from './options.ts';

/**
 * The same command line in commander's terms. `known` names options that are never taken for an abbreviation. Throws
 * `ConfigError` for an abbreviation of more than one option.
 */
export function toCurrentArguments(args: readonly string[], known: readonly string[]): string[] {
  const end = args.indexOf('--');
  const optionWords = end === -1 ? args : args.slice(0, end);
  const rest = end === -1 ? [] : args.slice(end);
  const expanded = optionWords.map((word) => expandAbbreviation(word, known));
  return [...lastListsOnly(expanded), ...rest];
}

/** Only the Python tool's own options are abbreviated, so an option added later never makes an old abbreviation ambiguous. */
function expandAbbreviation(word: string, known: readonly string[]): string {
  const [, prefix, value = ''] = /^--([a-z][a-z-]*)(=.*)?$/s.exec(word) ?? [];
  if (prefix === undefined || known.includes(prefix)) return word;
  const specs = SETTINGS.map((setting) => OPTIONS[setting]);
  if (specs.some(({ name }) => name === prefix)) return word;
  const matches = specs.filter(({ name, abbreviable }) => abbreviable === true && name.startsWith(prefix));
  if (matches.length > 1) {
    const names = matches.map(({ name }) => `--${name}`).join(', ');
    throw new ConfigError('usage', `--${prefix} could be ${names}: write the option in full`);
  }
  const [match] = matches;
  return match === undefined ? word : `--${match.name}${value}`;
}

/** Leaves out every occurrence of a list option but its last, with the words that belong to it. */
function lastListsOnly(args: readonly string[]): string[] {
  const lists = new Set(
    SETTINGS.filter((setting) => OPTIONS[setting].kind.takes === 'many').map(
      (setting) => `--${OPTIONS[setting].name}`,
    ),
  );
  const optionOf = (word: string): string => word.split('=', 1)[0] ?? word;
  const isOption = (word: string): boolean => word.startsWith('--');
  const kept: string[] = [];
  let isSuperseded = false;
  for (const [index, word] of args.entries()) {
    if (isOption(word)) {
      const option = optionOf(word);
      const isRepeatedLater = args
        .slice(index + 1)
        .some((later) => isOption(later) && optionOf(later) === option);
      isSuperseded = lists.has(option) && isRepeatedLater;
    }
    if (!isSuperseded) kept.push(word);
  }
  return kept;
}
