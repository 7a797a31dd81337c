// `--generate-systemd`: the unit for this very command line, written so that systemd never reads half of it.
import { chmodSync, lstatSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { writeFileAtomically } from '../state/atomic-file.ts';
import { ConfigError, type ResolvedConfig, type Setting } from './agent-config.ts';
import type { GivenOptions } from './command-line.ts';
import { OPTIONS, SETTINGS } from './options.ts';
import { systemdUnit } from './systemd-unit.ts';

/** systemd complains about a unit that others than root can write, and about one they cannot read. */
const UNIT_MODE = 0o644;
/** Options that ask for a single action: they are no part of a service. */
const ACTIONS: ReadonlySet<Setting> = new Set(['generateSystemd', 'doNotGenerateSystemd', 'printConfig']);

export interface UnitRequest {
  /** The program's absolute path. */
  readonly program: string;
  readonly version: string;
  readonly given: GivenOptions;
  /** Relative paths are taken from here. */
  readonly cwd: string;
}

/** The unit that starts the program with the options given. Throws `ConfigError` when its path is not absolute, or nothing is to be touched. */
export function unitFor({ program, version, given, cwd }: UnitRequest): string {
  if (!isAbsolute(program)) {
    throw new ConfigError('usage', `cannot write a unit: the program's path is not absolute: ${program}`);
  }
  if (given.has('dryRun'))
    throw new ConfigError('usage', 'a service runs for real: leave out --dry-run, or --generate-systemd');
  const origin = `# Written by cs-instance-watcher ${version} --generate-systemd, which writes it anew: keep changes in a drop-in.`;
  return `${origin}\n${systemdUnit({ program, args: serviceArguments(given, cwd) })}`;
}

/** What to do with the unit that was written to `file`, as one line for stdout. */
export function unitWritten(file: string): string {
  return `unit written to ${file}; next: systemctl daemon-reload && systemctl enable ${basename(file)} && systemctl restart ${basename(file)}`;
}

/** One line about the variables that are in force here and will not be in the service; null when there are none. */
export function leftOutOfUnit({ origins }: Pick<ResolvedConfig, 'origins'>): string | null {
  const names = SETTINGS.flatMap((setting) => {
    const origin = origins[setting];
    return origin.from === 'environment' ? [origin.name] : [];
  });
  if (names.length === 0) return null;
  const [listed, be, them, form] =
    names.length === 1
      ? [names.join(''), 'is', 'it', 'an option']
      : [`${names.slice(0, -1).join(', ')} and ${names.at(-1)}`, 'are', 'them', 'options'];
  return `${listed} ${be} set here but not in the unit: give ${them} as ${form}`;
}

/** Writes `text` to `file` (mode 0644) in one rename. Throws `ConfigError` naming the file; nothing is left behind. */
export function writeUnit(file: string, text: string): void {
  try {
    refuseSpecialFile(file);
    writeFileAtomically(file, text, UNIT_MODE);
    chmodSync(file, UNIT_MODE);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    const cause = reason === 'ENOENT' ? `: the directory ${dirname(file)} does not exist` : '';
    throw new ConfigError('configuration', `${file}: the unit cannot be written (${reason})${cause}`, error);
  }
}

function serviceArguments(given: GivenOptions, cwd: string): string[] {
  return SETTINGS.filter((setting) => !ACTIONS.has(setting)).flatMap((setting) => {
    const words = given.get(setting);
    if (words === undefined) return [];
    const { name, isPath } = OPTIONS[setting];
    const option = `--${name}`;
    if (words.length === 0) return [option];
    const isStderr = setting === 'logFile' && words[0] === 'stderr';
    const values = isPath === true && !isStderr ? words.map((word) => resolve(cwd, word)) : words;
    return values[0]?.startsWith('-') ? [`${option}=${values[0]}`] : [option, ...values];
  });
}

/** A rename would replace a device or a symbolic link by a file. */
function refuseSpecialFile(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) {
    throw new ConfigError(
      'configuration',
      `${file}: the unit cannot be written (exists and is not a regular file)`,
    );
  }
}
