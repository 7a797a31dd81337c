// The access key that the environment itself holds: a source of credentials that needs no SDK.
import type { Credentials } from './credentials.ts';
import type { Environment } from './http-agents.ts';

const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

/** What is wrong with a key of which the environment holds one half only; undefined where nothing is. */
export function halfKeyProblem(env: Environment): string | undefined {
  const missing = names.filter((name) => !env[name]);
  const set = names.find((name) => env[name]);
  return env.AWS_PROFILE || set === undefined || missing.length !== 1
    ? undefined
    : `${set} is set, but ${missing[0]} is not`;
}

/** Undefined where there is none, or where AWS_PROFILE goes before it, as in every AWS program. */
export function environmentKeys(env: Environment): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (env.AWS_PROFILE || !accessKeyId || !secretAccessKey) return undefined;
  const { AWS_SESSION_TOKEN: sessionToken, AWS_CREDENTIAL_EXPIRATION: expiration = '' } = env;
  const expiresAtMs = Date.parse(expiration);
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}
