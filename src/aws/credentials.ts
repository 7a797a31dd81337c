// The AWS credentials of this process by the SDK's standard chain: cached, refreshed ahead of their expiry without
// holding anyone up, asked for once at a time, and kept as long as they are good when a refresh fails.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { abandonOnAbort, DeadlineExceeded, type Limits, runWithin } from './deadline.ts';
import type { Environment } from './http-agents.ts';
import { createImds } from './imds.ts';
import { readRoleName } from './instance-metadata.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiresAtMs?: number;
};

/** `none`: there is definitely no source of credentials here. `unavailable`: there may be one; it gave nothing. */
export class CredentialsError extends Error {
  readonly code: 'none' | 'unavailable';

  constructor(code: 'none' | 'unavailable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CredentialsError';
    this.code = code;
  }
}

export type CredentialSource = {
  /**
   * Credentials to sign with. Throws CredentialsError, or the limits' reason. A lookup outlives a caller that gives up
   * and serves the next one.
   */
  get(limits: Limits): Promise<Credentials>;
  /** To be called when a server refused these: they are not served again. */
  invalidate(refused: Credentials): void;
};

export type OwnCredentials = CredentialSource & {
  /** None of those found so far is served again, as after the machine slept. */
  forget(): void;
};

/** Finds credentials once. Throws CredentialsError. */
export type CredentialLookup = () => Promise<Credentials>;

const refreshAheadMs = 5 * 60_000;
const refreshPauseMs = 10_000;
const defaultLookupTimeoutMs = 60_000;

/** A source over `lookup`, by default the standard chain, which reads the process's own environment. */
export function createCredentialSource(options: {
  readonly lookup: CredentialLookup;
  readonly now?: () => number;
  /** After which a lookup that gave nothing is given up and another may begin. 60 s unless told. */
  readonly lookupTimeoutMs?: number;
}): OwnCredentials {
  const { lookup, now = Date.now, lookupTimeoutMs = defaultLookupTimeoutMs } = options;
  let current: Credentials | undefined;
  let pending: Promise<Credentials> | undefined;
  let lastAttemptMs = Number.NEGATIVE_INFINITY;

  const refresh = (): Promise<Credentials> => {
    if (pending !== undefined) return pending;
    lastAttemptMs = now();
    // A chain that hangs, such as a `credential_process`, must not be the one that everybody waits for for ever.
    const attempt = runWithin({ timeoutMs: lookupTimeoutMs }, () => lookup())
      .then((found) => {
        current = found;
        return found;
      })
      .catch((error: unknown) => {
        if (!(error instanceof DeadlineExceeded)) throw error;
        throw new CredentialsError('unavailable', `credentials: ${error.message}`, { cause: error });
      })
      .finally(() => {
        pending = undefined;
      });
    // Whoever asked may have given up: a failure that nobody waits for is no unhandled rejection.
    attempt.catch(() => undefined);
    pending = attempt;
    return attempt;
  };

  return {
    async get(limits) {
      const leftMs =
        current === undefined ? Number.NEGATIVE_INFINITY : (current.expiresAtMs ?? Infinity) - now();
      if (current !== undefined && leftMs > 0) {
        const isDue = leftMs < refreshAheadMs && Math.abs(now() - lastAttemptMs) >= refreshPauseMs;
        if (isDue) void refresh();
        return current;
      }
      // What the chain has just found is served even when it looks expired: this host's clock may be the wrong one.
      return runWithin(limits, (signal) => abandonOnAbort(refresh(), signal));
    },
    invalidate(refused) {
      if (current?.accessKeyId === refused.accessKeyId && current.sessionToken === refused.sessionToken) {
        current = undefined;
      }
    },
    forget() {
      current = undefined;
    },
  };
}

/**
 * The standard chain: environment, profiles, SSO, process, web identity, container, instance role over IMDSv2.
 * When it finds nothing, IMDS is asked whether the instance carries a role, since only that tells "none" for certain.
 */
export function standardChain(env: Environment): CredentialLookup {
  return async () => {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    // A new chain each time: the SDK's own memory would serve what a server has refused. Its console warnings go nowhere.
    const chain = defaultProvider({ logger: silentLogger, ignoreCache: true, ec2MetadataV1Disabled: true });
    try {
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await chain();
      return {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        ...(expiration === undefined ? {} : { expiresAtMs: expiration.getTime() }),
      };
    } catch (error) {
      throw await explain(error, env);
    }
  };
}

const ignore = (): void => undefined;
const silentLogger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

async function explain(error: unknown, env: Environment): Promise<CredentialsError> {
  const detail = error instanceof Error ? error.message : String(error);
  const configured = await configuredSource(env);
  if (configured !== undefined) {
    return new CredentialsError('unavailable', `${configured}: ${detail}`, { cause: error });
  }
  const imds = createImds({ env });
  try {
    const role = await readRoleName(imds);
    if (role.kind === 'value')
      return new CredentialsError('unavailable', `role ${role.value}: ${detail}`, { cause: error });
    if (role.kind === 'absent')
      return new CredentialsError('none', 'the instance carries no IAM role', { cause: error });
    if (role.cause !== 'disabled') return new CredentialsError('unavailable', role.reason, { cause: error });
    return new CredentialsError('none', `no credentials are configured, and ${role.reason}`, {
      cause: error,
    });
  } finally {
    imds.close();
  }
}

const sourceVariables = [
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];
const sourceDirective =
  /^\s*(aws_access_key_id|credential_process|credential_source|source_profile|role_arn|sso_\w+|login_session)\s*=/m;

// A source that was set up and failed is not an absence of credentials.
async function configuredSource(env: Environment): Promise<string | undefined> {
  const variable = sourceVariables.find((name) => env[name]);
  if (variable !== undefined) return variable;
  const home = env.HOME ?? homedir();
  const files = [
    env.AWS_SHARED_CREDENTIALS_FILE ?? join(home, '.aws', 'credentials'),
    env.AWS_CONFIG_FILE ?? join(home, '.aws', 'config'),
  ];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (sourceDirective.test(text)) return file;
  }
  return undefined;
}
