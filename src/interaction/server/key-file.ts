// The access keys that the server accepts, in a JSON file that may change while it runs:
//   {"keys": [{"accessKeyId", "secretAccessKey", "sessionToken"?, "expiresAt"?, "caller", "userArn"}]}
import { readFileSync, statSync } from 'node:fs';
import type { AccessKey } from './gateway.ts';

/** The file cannot be used. The message names it and the key at fault, and contains no secret. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

export interface KeyFile {
  lookup(accessKeyId: string): AccessKey | undefined;
}

type Keys = ReadonlyMap<string, AccessKey>;

/**
 * Reads the file now (throws KeyFileError) and again at the first lookup after it changed. A change that cannot be used
 * is told to `onProblem` once, and the keys read before stay in force until the file changes again.
 */
export function openKeyFile(path: string, onProblem: (error: KeyFileError) => void): KeyFile {
  let version = versionOf(path);
  let keys = readKeys(path);
  return {
    lookup(accessKeyId) {
      const current = versionOf(path);
      if (current !== version) {
        version = current;
        try {
          keys = readKeys(path);
        } catch (error) {
          if (!(error instanceof KeyFileError)) throw error;
          onProblem(error);
        }
      }
      return keys.get(accessKeyId);
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

function readKeys(path: string): Keys {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new KeyFileError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  return parseKeys(path, text);
}

function parseKeys(path: string, text: string): Keys {
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
