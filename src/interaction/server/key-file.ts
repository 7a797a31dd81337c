// The access keys that the server accepts, in a JSON file that may change while it runs:
//   {"keys": [{"accessKeyId", "secretAccessKey", "sessionToken"?, "expiresAt"?, "caller", "userArn"}]}
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import type { AccessKey } from './gateway.ts';

/** The file cannot be used. The message names it and the key at fault, and contains no secret. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

export interface KeyFile {
  lookup(accessKeyId: string): AccessKey | undefined;
}

/** The file's keys, and what is odd about it: lines for the person in charge. */
interface Content {
  readonly keys: ReadonlyMap<string, AccessKey>;
  readonly warnings: readonly string[];
}

/**
 * Reads the file now (throws KeyFileError) and again at the first lookup after it changed. `onWarning` gets a line when
 * what was read is unsafe or useless, and when a change cannot be used: then the keys read before stay in force until
 * the file changes again.
 */
export function openKeyFile(path: string, onWarning: (line: string) => void): KeyFile {
  let version = versionOf(path);
  let content = readContent(path);
  content.warnings.forEach(onWarning);
  return {
    lookup(accessKeyId) {
      const current = versionOf(path);
      if (current !== version) {
        version = current;
        try {
          content = readContent(path);
          content.warnings.forEach(onWarning);
        } catch (error) {
          if (!(error instanceof KeyFileError)) throw error;
          onWarning(`${error.message}; the keys read before stay in force`);
        }
      }
      return content.keys.get(accessKeyId);
    },
  };
}

/** Differs whenever the file was written or replaced; one system call, so affordable for every request. */
function versionOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined
    ? 'absent'
    : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
}

function readContent(path: string): Content {
  const { text, mode } = readTextAndMode(path);
  if ((mode & 0o022) !== 0) {
    throw new KeyFileError(`${path} is writable by others, who could add keys (chmod 600 ${path})`);
  }
  const keys = parseKeys(path, text);
  const warnings: string[] = [];
  if ((mode & 0o044) !== 0) warnings.push(`${path} is readable by others: chmod 600 ${path}`);
  if (keys.size === 0) warnings.push(`${path} has no keys: every request will be refused`);
  return { keys, warnings };
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

function parseKeys(path: string, text: string): Content['keys'] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, secrets included.
    throw new KeyFileError(`${path}: not JSON`);
  }
  const { keys } = (content ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new KeyFileError(`${path}: expected an object with an array "keys"`);
  return new Map(keys.map((key, index) => parseKey(`${path}: key ${index + 1}`, key)));
}

function parseKey(where: string, value: unknown): [string, AccessKey] {
  if (typeof value !== 'object' || value === null) throw new KeyFileError(`${where}: expected an object`);
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt, caller, userArn, ...unknown } =
    value as Record<string, unknown>;
  // A member that is not understood may have been meant to restrict the key.
  const [unknownField] = Object.keys(unknown);
  if (unknownField !== undefined) throw new KeyFileError(`${where}: ${unknownField}: no such field`);
  const text = (field: string, candidate: unknown) => {
    if (typeof candidate === 'string' && candidate !== '') return candidate;
    throw new KeyFileError(`${where}: ${field}: expected a string that is not empty`);
  };
  const key: AccessKey = {
    secretAccessKey: text('secretAccessKey', secretAccessKey),
    sessionToken: sessionToken === undefined ? undefined : text('sessionToken', sessionToken),
    expiresAtMs: expiresAt === undefined ? undefined : toTimeMs(where, expiresAt),
    caller: text('caller', caller),
    userArn: text('userArn', userArn),
  };
  return [text('accessKeyId', accessKeyId), key];
}

function toTimeMs(where: string, value: unknown): number {
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(timeMs))
    throw new KeyFileError(`${where}: expiresAt: expected a time such as 2030-01-31T12:00:00Z`);
  return timeMs;
}
