// The configuration file: a JSON object whose keys are option names, with dashes or underscores.
import { readFileSync } from 'node:fs';
import { ConfigError, type Setting } from './agent-config.ts';
import { fileKey, OPTIONS, SETTINGS } from './options.ts';

/** A value of the file, not yet read, and where it stands. */
export interface FileEntry {
  readonly file: string;
  readonly key: string;
  readonly value: unknown;
}

/**
 * Reads the file at `path`; null when there is none. A key whose value is null is as if it were not there.
 * Throws `ConfigError` naming the file and the key.
 */
export function readConfigFile(path: string): ReadonlyMap<Setting, FileEntry> | null {
  const text = readText(path);
  if (text === null) return null;
  const entries = new Map<Setting, FileEntry>();
  for (const [key, value] of Object.entries(parseObject(path, text))) {
    const setting = settingOf(path, key);
    const earlier = entries.get(setting);
    if (earlier !== undefined) {
      throw new ConfigError(
        'configuration',
        `${path}: ${earlier.key} and ${key} are the same option, keep one`,
      );
    }
    if (value !== null) entries.set(setting, { file: path, key, value });
  }
  return entries;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return null;
    throw new ConfigError('configuration', `${path}: cannot be read (${code})`, error);
  }
}

function parseObject(path: string, text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const [where] = /\(line \d+ column \d+\)/.exec((error as Error).message) ?? [''];
    throw new ConfigError('configuration', `${path}: is not valid JSON ${where}`.trimEnd(), error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError('configuration', `${path}: expected a JSON object of options`);
  }
  return parsed;
}

function settingOf(path: string, key: string): Setting {
  const setting = SETTINGS.find((one) => fileKey(OPTIONS[one].name) === fileKey(key));
  if (setting === undefined) {
    throw new ConfigError('configuration', `${path}: ${JSON.stringify(key)} is not an option`);
  }
  if (OPTIONS[setting].only !== undefined) {
    throw new ConfigError('configuration', `${path}: ${key} cannot be set in a file`);
  }
  return setting;
}
