// The access keys that the server accepts, in a JSON file that may change while it runs.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { followFiles } from '../follow-files.ts';
import type { AccessKey } from './access-key.ts';
import { checkKeyFileMode } from './key-file-mode.ts';
import { KeyFileError, type KeyFileContent, parseKeyFile } from './parse-key-file.ts';

/** Every answer is of the file as it is now, or as it last could be used. */
export interface KeyFile {
  lookup(accessKeyId: string): AccessKey | undefined;
  keys(): readonly AccessKey[];
  /** Patterns of the ARNs that may send messages; undefined when the file leaves it to the dialect. */
  queueSenders(): readonly string[] | undefined;
}

/**
 * Reads the file now (throws KeyFileError) and again at the first use after it changed. `onWarning` gets a line when
 * what was read is unsafe or useless, and when a change cannot be used: then what was read before stays in force until
 * the file can be.
 */
export function openKeyFile(path: string, onWarning: (line: string) => void): KeyFile {
  const current = followFiles(
    [path],
    () => readContent(path, onWarning),
    (reason) => onWarning(`${reason}; the keys read before stay in force`),
  );
  return {
    lookup: (accessKeyId) => current().keys.get(accessKeyId),
    keys: () => [...current().keys.values()],
    queueSenders: () => current().queueSenders,
  };
}

function readContent(path: string, onWarning: (line: string) => void): KeyFileContent {
  const { text, mode } = readTextAndMode(path);
  checkKeyFileMode(path, mode, onWarning);
  const content = parseKeyFile(path, text);
  if (content.keys.size === 0) onWarning(`${path} has no keys: every request will be refused`);
  return content;
}

/** Both of the same file, whatever replaces it meanwhile. */
function readTextAndMode(path: string): { text: string; mode: number } {
  try {
    const file = openSync(path, 'r');
    try {
      return { text: readFileSync(file, 'utf8'), mode: fstatSync(file).mode };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new KeyFileError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
