// The content of a key file, checked:
//   {"keys": [{"accessKeyId", "secretAccessKey", "sessionToken"?, "expiresAt"?, "caller", "instanceId"?, "userArn",
//              "allow"?, "deny"?}], "queueSenders"?: [...]}
import { isInstanceId } from '../fleet/fleet-instance.ts';
import { kindOfCaller } from '../gateway/caller.ts';
import type { AccessKey } from './access-key.ts';
import { instanceRules, ruleProblem } from './rules.ts';

/** The file cannot be used. The message names it and the key at fault, and contains no secret. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

export interface KeyFileContent {
  readonly keys: ReadonlyMap<string, AccessKey>;
  /** Patterns of the ARNs that may send messages; absent when the file leaves it to the dialect. */
  readonly queueSenders: readonly string[] | undefined;
}

/** Throws KeyFileError. `path` is only named. */
export function parseKeyFile(path: string, text: string): KeyFileContent {
  const { keys, queueSenders, ...unknown } = parseRecord(path, text);
  if (!Array.isArray(keys)) throw new KeyFileError(`${path}: expected an object with an array "keys"`);
  refuseUnknown(path, unknown);
  const parsed = new Map<string, AccessKey>();
  keys.forEach((value, index) => {
    const [id, key] = parseKey(`${path}: key ${index + 1}`, value);
    if (parsed.has(id)) throw new KeyFileError(`${path}: key ${index + 1}: ${id} is there twice`);
    parsed.set(id, key);
  });
  return {
    keys: parsed,
    queueSenders: queueSenders === undefined ? undefined : toTexts(path, 'queueSenders', queueSenders),
  };
}

function parseRecord(path: string, text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    // The parser's message quotes the text, secrets included.
    throw new KeyFileError(`${path}: not JSON`);
  }
}

function parseKey(place: string, value: unknown): [string, AccessKey] {
  if (typeof value !== 'object' || value === null) throw new KeyFileError(`${place}: expected an object`);
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt, ...whom } = value as Record<string, unknown>;
  const { caller, instanceId, userArn, allow, deny, ...unknown } = whom;
  const id = toText(place, 'accessKeyId', accessKeyId);
  const where = `${place} (${showable(id)})`;
  refuseUnknown(where, unknown);
  const callerAsTold = toCaller(where, toText(where, 'caller', caller), instanceId);
  return [
    id,
    {
      secretAccessKey: toText(where, 'secretAccessKey', secretAccessKey),
      sessionToken: sessionToken === undefined ? undefined : toText(where, 'sessionToken', sessionToken),
      expiresAtMs: expiresAt === undefined ? undefined : toTimeMs(where, expiresAt),
      caller: callerAsTold,
      userArn: toText(where, 'userArn', userArn),
      allow: allow === undefined ? defaultRules(callerAsTold) : toRules(where, 'allow', allow),
      deny: deny === undefined ? [] : toRules(where, 'deny', deny),
    },
  ];
}

/** A secret given in the id's place is not repeated: only what has the form of an id is. */
function showable(accessKeyId: string): string {
  return /^[A-Z0-9]{1,128}$/.test(accessKeyId) ? accessKeyId : 'of an unusual id';
}

/** A member that is not understood may have been meant to restrict. */
function refuseUnknown(where: string, unknown: Record<string, unknown>): void {
  const [field] = Object.keys(unknown);
  if (field !== undefined) throw new KeyFileError(`${where}: ${field}: no such field`);
}

function toCaller(where: string, caller: string, instanceId: unknown): string {
  if (instanceId === undefined) return caller;
  if (typeof instanceId !== 'string' || !isInstanceId(instanceId)) {
    throw new KeyFileError(`${where}: instanceId: expected an id such as i-0ab12`);
  }
  if (!caller.includes(':')) return `${caller}:${instanceId}`;
  if (caller.split(':').length === 2 && caller.endsWith(`:${instanceId}`)) return caller;
  throw new KeyFileError(`${where}: caller: its session is not the instanceId: leave one of the two out`);
}

function defaultRules(caller: string): readonly string[] {
  return kindOfCaller(caller).kind === 'instance' ? instanceRules : [];
}

function toRules(where: string, field: string, value: unknown): readonly string[] {
  const rules = toTexts(where, field, value);
  for (const rule of rules) {
    const problem = ruleProblem(rule);
    if (problem !== null) throw new KeyFileError(`${where}: ${field}: ${JSON.stringify(rule)}: ${problem}`);
  }
  return rules;
}

function toTexts(where: string, field: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')) return value;
  throw new KeyFileError(`${where}: ${field}: expected a list of strings that are not empty`);
}

function toText(where: string, field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new KeyFileError(`${where}: ${field}: expected a string that is not empty`);
}

function toTimeMs(where: string, value: unknown): number {
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new KeyFileError(`${where}: expiresAt: expected a time such as 2030-01-31T12:00:00Z`);
}
