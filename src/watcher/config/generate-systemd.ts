// `--generate-systemd`: the unit for this very command line, written so that systemd never reads half of it.
import { chmodSync, lstatSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { writeFileAtomically } from '../state/atomic-file.ts';
import { ConfigError, type Setting } from './agent-config.ts';
import type { GivenOptions } from './command-line.ts';
import { OPTIONS, SETTINGS } from './options.ts';
import { systemdUnit } from './systemd-unit.ts';

/** systemd complains about a unit that others than root can write, and about one they cannot read. */
const UNIT_MODE = 0o644;
/** Options that ask for a single action: they are no part of a service. */
const ACTIONS: ReadonlySet<Setting> = new Set(['generateSystemd', 'doNotGenerateSystemd', 'printConfig']);

/**
 * The unit that starts `program` with the options given, relative paths made absolute against `cwd`.
 * Throws `ConfigError` when `program` is not absolute.
 */
export function unitFor(program: string, given: GivenOptions, cwd: string): string {
  if (!isAbsolute(program)) {
    throw new ConfigError('usage', `cannot write a unit: the program's path is not absolute: ${program}`);
  }
  return systemdUnit({ program, args: serviceArguments(given, cwd) });
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
    throw new ConfigError('configuration', `${file}: the unit cannot be written (${reason})`, error);
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
