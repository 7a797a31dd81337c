// Asks the group's Discovery Lambda, in the account of an operator's credentials, and explains what may come of it.
import type { CredentialSource } from '../../aws/credentials.ts';
import type { Limits } from '../../aws/deadline.ts';
import {
  type DiscoveryAnswer,
  DiscoveryError,
  discoveryFunction,
  invokeDiscovery,
} from '../../aws/discovery-lambda.ts';
import { partitionOfRegion } from '../../aws/endpoints.ts';
import type { Environment } from '../../aws/http-agents.ts';
import { toTransportError } from '../../aws/transport-error.ts';
import { ApiFailure, type ApiFailureKind } from './api-failure.ts';
import { explainFailure } from './explain-failure.ts';
import { adviceOnPolicyRefusal } from './policy-refusal.ts';
import { quote } from './quote.ts';
import { adviceOnRefusal } from './refusal-advice.ts';
import { refusalKind } from './refusal-kind.ts';

export interface DiscoveryCall {
  readonly group: string;
  readonly region: string;
  readonly env: Environment;
  readonly credentials: CredentialSource;
}

const subject = 'Discovery function';

/** The function's answer as it came. Credentials that are refused are renewed, once. Throws ApiFailure. */
export async function askDiscovery(call: DiscoveryCall, limits: Limits): Promise<Record<string, unknown>> {
  let answer: DiscoveryAnswer;
  try {
    answer = await invoke(call, limits, true);
  } catch (error) {
    throw explainDiscovery(error, call, limits.signal);
  }
  if (answer.kind === 'found') return answer.discovery;
  const { group, region } = call;
  const name = discoveryFunction({ groupName: group, region });
  if (answer.kind === 'absent') {
    const said = `there is no function ${name} in ${region}`;
    throw failure(
      'no-such-group',
      said,
      'wrong --group, or the group is in another region (--region) or account (--profile)',
    );
  }
  const resource = `arn:${partitionOfRegion(region)}:lambda:${region}:*:function:${name}`;
  const advice = adviceOnPolicyRefusal(answer.message, { action: 'lambda:InvokeFunction', resource });
  throw failure('not-allowed', answer.message, advice);
}

async function invoke(call: DiscoveryCall, limits: Limits, mayRenew: boolean): Promise<DiscoveryAnswer> {
  const { group: groupName, region, env, credentials: source } = call;
  const credentials = await source.get(limits);
  try {
    const { timeoutMs, signal } = limits;
    return await invokeDiscovery({ groupName, region, env, credentials, timeoutMs }, signal);
  } catch (error) {
    const isRefused = error instanceof DiscoveryError && error.code === 'credentials';
    if (!isRefused || !mayRenew) throw error;
    source.invalidate(credentials);
    return await invoke(call, limits, false);
  }
}

function explainDiscovery(
  error: unknown,
  { region }: DiscoveryCall,
  signal: AbortSignal | undefined,
): ApiFailure {
  if (!(error instanceof DiscoveryError)) {
    return explainFailure(error, { subject, host: null, isReading: true, signal });
  }
  const { code, message, cause } = error;
  switch (code) {
    case 'credentials':
    case 'service':
      return explainRefusal(message, cause, region);
    case 'function':
      return failure('server', message, 'the cause is in the log of the function');
    case 'answer':
      return failure('not-an-api', message, 'give --api-url, or mend the deployment');
    case 'timeout':
      return failure('timeout', message, 'try again, or give it more time with --timeout');
    case 'transport': {
      const sent = toTransportError(cause, `POST lambda.${region}`, new AbortController().signal);
      return explainFailure(sent, { subject, host: null, isReading: true });
    }
  }
}

function explainRefusal(message: string, cause: unknown, region: string): ApiFailure {
  const type = cause instanceof Error ? cause.name : '';
  const said = message.replace(`${subject}: `, '');
  const kind = refusalKind(said, type);
  if (kind === null || kind === 'no-route' || kind === 'wrong-endpoint') {
    return /^(TooManyRequests|Throttling)/.test(type)
      ? failure('throttled', said, 'too many requests at the moment: try again later')
      : failure('server', said, 'try again');
  }
  const advice = adviceOnRefusal({
    kind,
    said,
    dateHeader: '',
    nowMs: Date.now(),
    signedRegion: region,
    hostRegion: null,
    asked: { action: 'lambda:InvokeFunction', resource: '*' },
    hostname: null,
    rule: null,
  });
  return failure(kind, said, advice);
}

function failure(kind: ApiFailureKind, said: string, advice: string): ApiFailure {
  return new ApiFailure({ kind, status: null, subject, said: quote(said, 500), advice });
}
