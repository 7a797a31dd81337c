// What needs the SDK, in a thread of its own that ends with the answer and takes the SDK's memory with it: an agent asks for
// discovery but every few minutes.
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ConfiguredSource, type Credentials, CredentialsError } from './credentials.ts';
import { type DiscoveryAnswer, DiscoveryError, type DiscoveryQuery } from './discovery-lambda.ts';
import { type Environment, EnvironmentError } from './http-agents.ts';

/** What the thread is for. */
export type SdkTask =
  | { readonly kind: 'discovery'; readonly query: DiscoveryQuery }
  | { readonly kind: 'credentials'; readonly source: ConfiguredSource };

/** What it says before it ends: an error goes over as what it is made of. */
export type SdkOutcome =
  | { readonly kind: 'discovery'; readonly answer: DiscoveryAnswer }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }
  | { readonly kind: 'no-discovery'; readonly code: DiscoveryError['code']; readonly message: string }
  | { readonly kind: 'no-credentials'; readonly code: CredentialsError['code']; readonly message: string }
  | { readonly kind: 'bad-environment'; readonly variable: string; readonly reason: string };

/** Beside this file, in the source; in the bundle beside that. */
const program = join(import.meta.dirname, `sdk-program${extname(import.meta.filename)}`);

/** A `credential_process` may hang; the source of credentials gives it up no later. */
const CREDENTIALS_TIMEOUT_MS = 60_000;

/** As `invokeDiscovery`, in a thread that ends at once when it is given up. Throws what that throws. */
export async function invokeDiscoveryInThread(
  query: DiscoveryQuery,
  signal?: AbortSignal,
): Promise<DiscoveryAnswer> {
  const task: SdkTask = { kind: 'discovery', query: { ...query, env: copyOf(query.env) } };
  const outcome = await inThread(task, signal).catch((error: unknown) => {
    throw error instanceof ThreadDied
      ? new DiscoveryError('transport', `Discovery function: ${error.message}`)
      : error;
  });
  if (outcome.kind !== 'discovery') throw failureOf(outcome);
  return outcome.answer;
}

/** As `lookUpConfigured`, in a thread that ends after 60 s at the latest. Throws what that throws. */
export async function lookUpConfiguredInThread(source: ConfiguredSource): Promise<Credentials> {
  const task: SdkTask = { kind: 'credentials', source: { ...source, env: copyOf(source.env) } };
  const outcome = await inThread(task, AbortSignal.timeout(CREDENTIALS_TIMEOUT_MS)).catch((error: Error) => {
    throw new CredentialsError('unavailable', `${source.origin}: ${error.message}`, { cause: error });
  });
  if (outcome.kind !== 'credentials') throw failureOf(outcome);
  return outcome.credentials;
}

async function inThread(task: SdkTask, signal?: AbortSignal): Promise<SdkOutcome> {
  signal?.throwIfAborted();
  const worker = new Worker(program, { workerData: task });
  const outcome = Promise.withResolvers<SdkOutcome>();
  const giveUp = (): void => outcome.reject(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  worker.on('message', outcome.resolve);
  worker.on('error', (error: unknown) => outcome.reject(new ThreadDied(String(error))));
  worker.on('exit', (status) => outcome.reject(new ThreadDied(`status ${status}`)));
  try {
    return await outcome.promise;
  } finally {
    signal?.removeEventListener('abort', giveUp);
    await worker.terminate();
  }
}

class ThreadDied extends Error {
  constructor(how: string) {
    super(`the thread that asks for it has died (${how})`);
    this.name = 'ThreadDied';
  }
}

/** The environment of a process cannot be copied as it is. */
function copyOf(env: Environment): Environment {
  return { ...env };
}

function failureOf(outcome: SdkOutcome): Error {
  switch (outcome.kind) {
    case 'no-discovery':
      return new DiscoveryError(outcome.code, outcome.message);
    case 'no-credentials':
      return new CredentialsError(outcome.code, outcome.message);
    case 'bad-environment':
      return new EnvironmentError(outcome.variable, outcome.reason);
    default:
      return new ThreadDied(`it answered with ${outcome.kind}`);
  }
}
