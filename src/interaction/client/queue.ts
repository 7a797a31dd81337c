// The API's other way in, its queue: a message is accepted, and nothing is answered.
import type { Limits } from '../../aws/deadline.ts';
import { partitionOfRegion } from '../../aws/endpoints.ts';
import type { Environment } from '../../aws/http-agents.ts';
import { QueryApiError } from '../../aws/query-api.ts';
import type { SignedHttp } from '../../aws/signed-http.ts';
import { type SentMessage, sendMessage } from '../../aws/sqs.ts';
import { isLoopback, regionOfHost } from './api-address.ts';
import { ApiFailure, type ApiFailureKind } from './api-failure.ts';
import { explainFailure } from './explain-failure.ts';
import { quote } from './quote.ts';
import { adviceOnRefusal } from './refusal-advice.ts';
import { refusalKind } from './refusal-kind.ts';

export interface QueueAddress {
  readonly url: URL;
  readonly region: string;
}

export interface QueueSender {
  readonly http: SignedHttp;
  readonly env: Environment;
}

const subject = 'queue';

/**
 * The queue in a discovery document (`InteractQueue`). `region` is the API's, for a URL that tells none. Plain http is
 * accepted for loopback addresses only, or with `plainHttp`, for a document that came over plain http itself. Throws ApiFailure.
 */
export function queueAddress(
  discovery: Readonly<Record<string, unknown>>,
  region: string,
  { plainHttp = false }: { readonly plainHttp?: boolean } = {},
): QueueAddress {
  const { InteractQueue } = discovery;
  if (typeof InteractQueue !== 'string' || InteractQueue === '' || InteractQueue === 'None') {
    throw failure('no-such-queue', null, 'the deployment names no queue (InteractQueue)', '');
  }
  const url = URL.parse(InteractQueue);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw failure('no-such-queue', null, 'InteractQueue: not an https URL', '');
  }
  if (url.protocol === 'http:' && !plainHttp && !isLoopback(url.hostname)) {
    throw failure(
      'no-such-queue',
      null,
      'InteractQueue: plain http is accepted for loopback addresses only',
      '',
    );
  }
  return { url, region: regionOfHost(url.hostname) ?? region };
}

/** SQS SendMessage. What was accepted is carried out later, and nobody is told how it went. Throws ApiFailure. */
export async function sendToQueue(
  { http, env }: QueueSender,
  queue: QueueAddress,
  body: string,
  limits: Limits,
): Promise<SentMessage> {
  try {
    return await sendMessage({ http, env, region: queue.region }, queue.url, body, limits);
  } catch (error) {
    if (error instanceof QueryApiError) throw explainQueueError(error, queue);
    throw explainFailure(error, { subject, host: queue.url.host, isReading: false });
  }
}

function explainQueueError(error: QueryApiError, { url, region }: QueueAddress): ApiFailure {
  const { status, code = '' } = error;
  // The message is the error's without the action and the code, which stand in front of it.
  const said = quote(error.message.replace(/^SendMessage: (\w[\w.]*: )?/, ''), 4096);
  const explained = (kind: ApiFailureKind, advice: string) =>
    failure(kind, status, `${code} ${said}`.trim(), advice);
  const kind = refusalKind(said, code);
  if (kind !== null && kind !== 'no-route' && kind !== 'wrong-endpoint') {
    const advice = adviceOnRefusal({
      kind,
      said,
      dateHeader: '',
      nowMs: Date.now(),
      signedRegion: region,
      hostRegion: regionOfHost(url.hostname),
      asked: { action: 'sqs:SendMessage', resource: queueArn(url, region) },
      hostname: url.hostname,
      rule: null,
    });
    return explained(kind, advice);
  }
  if (/NonExistentQueue|QueueDoesNotExist/.test(code)) {
    return explained('no-such-queue', `check that ${url.href} is still the group's, in ${region}`);
  }
  if (/Throttl|OverLimit/.test(code) || status === 429) return explained('throttled', 'try again later');
  if (status >= 500)
    return explained('server', 'it may have been accepted all the same: look before trying again');
  return code === ''
    ? explained('not-an-api', `check that ${url.href} is a queue`)
    : explained('refused', '');
}

/** The ARN of the queue that a URL names: its last two parts are account and name. */
function queueArn({ pathname }: URL, region: string): string {
  const [account, name] = pathname
    .split('/')
    .filter((part) => part !== '')
    .slice(-2);
  return `arn:${partitionOfRegion(region)}:sqs:${region}:${account ?? '*'}:${name ?? '*'}`;
}

function failure(kind: ApiFailureKind, status: number | null, said: string, advice: string): ApiFailure {
  return new ApiFailure({ kind, status, subject, said: quote(said, 500), advice });
}
