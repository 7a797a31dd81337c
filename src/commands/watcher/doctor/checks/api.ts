// One poll as the agent does it, and how long it takes.
import { pollDeadlineMs } from '../../../../watcher/schedule.ts';
import type { ApiLook } from '../ask-api.ts';
import { type Check, type Finding, notRun, ok, problem, warning } from '../check.ts';
import { isPolicyRefusal } from './permission-api.ts';

export const api: Check = {
  id: 'api',
  title: 'Interaction API',
  place: 'aws',
  look: async ({ aws, config }) => {
    const look = await aws.api();
    return look === null
      ? notRun('not asked: see discovery')
      : judgeApi(look, pollDeadlineMs(config.pollPeriodMs));
  },
};

export function judgeApi({ answer, tookMs, host }: ApiLook, deadlineMs: number): Finding {
  const [firstMs = 0, ...laterMs] = tookMs.map(Math.round);
  const laterTook = laterMs.at(-1);
  const times = laterTook === undefined ? `${firstMs} ms` : `${laterTook} ms, the first ${firstMs} ms`;
  const by = host === null ? times : `${host}, ${times}`;
  if (answer.kind === 'known') {
    const told = `state ${answer.state} by ${by}`;
    const lastMs = laterTook ?? firstMs;
    return lastMs * 2 > deadlineMs
      ? warning(
          `${told}: more than half of what one poll may take (${deadlineMs} ms)`,
          'look for what is slow: the Lambda function behind the API, the proxy, the way there',
        )
      : ok(told);
  }
  if (answer.kind !== 'unknown') {
    return warning(
      `${answer.message} (by ${by})`,
      'check that the instance is in this group: a new instance is known to CloneSquad after its next run',
    );
  }
  if (isPolicyRefusal(answer)) return notRun(`reached in ${firstMs} ms and refused: see execute-api:Invoke`);
  if (answer.class === 'credentials') return notRun('not asked: see credentials');
  const [, refuser] = /\bECONNREFUSED\b(?: (\S+:\d+))?/.exec(answer.message) ?? [];
  if (answer.class === 'transport' && refuser !== undefined) {
    return problem(
      `nothing listens on ${refuser}: is the API running? (${answer.message}, ${by})`,
      'start it, or mend --api-url or HTTPS_PROXY, whichever leads there',
    );
  }
  return problem(`${answer.message} (${by})`, adviceOn(answer.class));
}

function adviceOn(trouble: string): string {
  switch (trouble) {
    case 'transport':
      return 'check security groups, the policy of the VPC endpoint, NAT or HTTPS_PROXY; a private API answers in its VPC only; the certificate of a proxy: AWS_CA_BUNDLE';
    case 'http-5xx':
      return 'read the CloudWatch log of the Lambda function behind the API';
    case 'throttled':
      return 'raise --api-polling-period, or the throttling limit of the API';
    case 'unauthorized-token':
      return 'see credentials and clock: what signs the requests is not accepted there';
    case 'forbidden':
      return "the answer is not this API's: check the stage (/v1/) of --api-url, or the VPC endpoint and its private DNS";
    default:
      return 'something else than the Interaction API answers there: check --api-url, and proxies on the way';
  }
}
