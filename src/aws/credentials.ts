// The AWS credentials of this process by the standard chain: cached, refreshed ahead of their expiry without
// holding anyone up, asked for once at a time, and kept as long as they are good when a refresh fails.
import { configuredSource } from './configured-source.ts';
import { abandonOnAbort, DeadlineExceeded, type Limits, runWithin } from './deadline.ts';
import { environmentKeys, halfKeyProblem } from './environment-keys.ts';
import type { Environment } from './http-agents.ts';
import { createImds } from './imds.ts';
import { readRoleCredentials } from './instance-role.ts';
import { readProfile, sharedFiles } from './profile.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiresAtMs?: number;
};

/** `none`: there is definitely no source of credentials here. `unavailable`: there may be one; it gave nothing. */
export class CredentialsError extends Error {
  readonly code: 'none' | 'unavailable';
  /** Nothing is set up here, so that only an instance's role could have given some. */
  readonly isUnconfigured: boolean;

  constructor(
    code: 'none' | 'unavailable',
    message: string,
    options: ErrorOptions & { readonly isUnconfigured?: boolean } = {},
  ) {
    super(message, options);
    this.name = 'CredentialsError';
    this.code = code;
    this.isUnconfigured = options.isUnconfigured ?? false;
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
  /** None of those found so far, or being looked up now, is served to a later caller, as after the machine slept. */
  forget(): void;
};

/** Finds credentials once. Throws CredentialsError. */
export type CredentialLookup = () => Promise<Credentials>;

/** A source of credentials that only the SDK understands. */
export type ConfiguredSource = {
  readonly env: Environment;
  /** What sets it up, for messages. */
  readonly origin: string;
  readonly profile?: string;
};

/** `lookUpConfigured`, or the same in a thread. */
export type LookUpConfigured = (source: ConfiguredSource) => Promise<Credentials>;

const refreshAheadMs = 5 * 60_000;
const refreshPauseMs = 10_000;
const defaultLookupTimeoutMs = 60_000;
const defaultRecheckNoneAfterMs = 300_000;

/** A source over `lookup`, such as the standard chain. */
export function createCredentialSource(options: {
  readonly lookup: CredentialLookup;
  readonly now?: () => number;
  /** After which a lookup that gave nothing is given up and another may begin. 60 s unless told. */
  readonly lookupTimeoutMs?: number;
  /** A definite absence is not looked into again before this has passed. 300 s unless told. */
  readonly recheckNoneAfterMs?: number;
}): OwnCredentials {
  const { lookup, now = Date.now, lookupTimeoutMs = defaultLookupTimeoutMs } = options;
  const { recheckNoneAfterMs = defaultRecheckNoneAfterMs } = options;
  let current: Credentials | undefined;
  let absence: { readonly error: CredentialsError; readonly foundAtMs: number } | undefined;
  let pending: Promise<Credentials> | undefined;
  let lastAttemptMs = Number.NEGATIVE_INFINITY;

  const refresh = (): Promise<Credentials> => {
    if (pending !== undefined) return pending;
    lastAttemptMs = now();
    // A chain that hangs, such as a `credential_process`, must not be the one that everybody waits for for ever.
    const attempt = runWithin({ timeoutMs: lookupTimeoutMs }, () => lookup())
      .then((found) => {
        if (pending === attempt) {
          current = found;
          absence = undefined;
        }
        return found;
      })
      .catch((error: unknown) => {
        if (pending === attempt && error instanceof CredentialsError && error.code === 'none') {
          absence = { error, foundAtMs: now() };
        }
        if (!(error instanceof DeadlineExceeded)) throw error;
        throw new CredentialsError('unavailable', `credentials: ${error.message}`, { cause: error });
      })
      .finally(() => {
        if (pending === attempt) pending = undefined;
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
      // By the size of the gap: a wall clock set back must not keep an absence for longer.
      if (absence !== undefined && Math.abs(now() - absence.foundAtMs) < recheckNoneAfterMs) {
        throw absence.error;
      }
      // What the chain has just found is served even when it looks expired: this host's clock may be the wrong one.
      return runWithin(limits, (signal) => abandonOnAbort(refresh(), signal));
    },
    invalidate(refused) {
      absence = undefined;
      if (current?.accessKeyId === refused.accessKeyId && current.sessionToken === refused.sessionToken) {
        current = undefined;
      }
    },
    forget() {
      current = undefined;
      absence = undefined;
      pending = undefined;
    },
  };
}

/**
 * The standard chain: the environment's keys; profiles, SSO, process, web identity and container by `lookUpConfigured`, which
 * is called only when one of them is set up; else the instance's role over IMDSv2.
 * A profile that is asked for by name goes before the environment's keys, and must exist.
 */
export function standardChain(
  env: Environment,
  {
    lookUpConfigured,
    profile,
  }: { readonly lookUpConfigured: LookUpConfigured; readonly profile?: string | undefined },
): CredentialLookup {
  return async () => {
    if (profile !== undefined) {
      await assertProfile(env, profile);
      return lookUpConfigured({ env, origin: `profile ${profile}`, profile });
    }
    const keys = environmentKeys(env);
    if (keys !== undefined) return keys;
    try {
      const configured = await configuredSource(env);
      return await (configured === undefined
        ? lookUpRole(env)
        : lookUpConfigured({ env, origin: configured }));
    } catch (error) {
      const half = halfKeyProblem(env);
      if (half === undefined || !(error instanceof CredentialsError)) throw error;
      // The chain passes over half a key without a word; what else it found missing stays what counts.
      throw new CredentialsError(error.code, half, { cause: error });
    }
  };
}

async function assertProfile(env: Environment, profile: string): Promise<void> {
  if ((await readProfile(env, profile)) !== undefined) return;
  const { configFile, credentialsFile } = sharedFiles(env);
  throw new CredentialsError(
    'none',
    `profile ${profile}: neither in ${configFile} nor in ${credentialsFile}`,
  );
}

async function lookUpRole(env: Environment): Promise<Credentials> {
  const imds = createImds({ env });
  try {
    const role = await readRoleCredentials(imds);
    if (role.kind === 'found') return role.credentials;
    throw new CredentialsError(
      role.kind,
      role.kind === 'none' ? `no AWS credentials: ${role.reason}` : role.reason,
      { isUnconfigured: true },
    );
  } finally {
    imds.close();
  }
}
