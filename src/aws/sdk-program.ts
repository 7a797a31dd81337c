// The program of a thread that does one thing with the SDK; its other end is sdk-thread.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { lookUpConfigured } from './configured-credentials.ts';
import { CredentialsError } from './credentials.ts';
import { DiscoveryError, invokeDiscovery } from './discovery-lambda.ts';
import { EnvironmentError } from './http-agents.ts';
import type { SdkOutcome, SdkTask } from './sdk-thread.ts';

// A failure that is none of these ends the thread, and the other end says so.
void perform(workerData as SdkTask)
  .catch((error: unknown): SdkOutcome => failureOf(error))
  .then((outcome) => parentPort?.postMessage(outcome));

async function perform(task: SdkTask): Promise<SdkOutcome> {
  switch (task.kind) {
    case 'discovery':
      return { kind: 'discovery', answer: await invokeDiscovery(task.query) };
    case 'credentials':
      return { kind: 'credentials', credentials: await lookUpConfigured(task.source) };
  }
}

function failureOf(error: unknown): SdkOutcome {
  if (error instanceof EnvironmentError) {
    return { kind: 'bad-environment', variable: error.variable, reason: error.reason };
  }
  if (error instanceof DiscoveryError) {
    return { kind: 'no-discovery', code: error.code, message: error.message };
  }
  if (error instanceof CredentialsError) {
    return { kind: 'no-credentials', code: error.code, message: error.message };
  }
  throw error;
}
