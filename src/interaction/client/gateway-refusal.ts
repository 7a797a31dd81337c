// What API Gateway's refusals mean: the request got no further than the door.
import { isAwsHost, partitionOfRegion } from '../../aws/endpoints.ts';
import type { HttpAnswer } from '../../aws/http-exchange.ts';
import { operationPath } from '../contract/operations.ts';
import { type ApiRoute, regionOfHost } from './api-address.ts';
import type { ApiFailureKind } from './api-failure.ts';
import type { Asked } from './asked.ts';
import { gatewayMessage, headerOf } from './gateway-words.ts';
import { quote } from './quote.ts';
import { adviceOnRefusal } from './refusal-advice.ts';
import { refusalKind } from './refusal-kind.ts';

export interface Meaning {
  readonly kind: ApiFailureKind;
  readonly advice: string;
}

export const apiUrlAdvice = 'check that this is the address of an Interaction API, stage included';

/** API Gateway's bare `Forbidden`: this route does not lead to this API, another one may. */
export function isWrongEndpoint(answer: HttpAnswer): boolean {
  return answer.status === 403 && gatewayMessage(answer.body) === 'Forbidden';
}

/** Of a 401 or 403. `nowMs` is this host's time. */
export function meaningOfRefusal(
  answer: HttpAnswer,
  { id, call, method, route, region }: Asked,
  nowMs: number,
): Meaning {
  // Not cut as words for people are: the resource stands at its end.
  const said = quote(gatewayMessage(answer.body) ?? '', 4096);
  const kind = refusalKind(said, headerOf(answer, 'x-amzn-errortype'));
  const url = new URL(route.url);
  switch (kind) {
    case null:
      return { kind: 'refused', advice: apiUrlAdvice };
    case 'no-route':
      return { kind, advice: adviceOnNoRoute(url) };
    case 'wrong-endpoint':
      return { kind, advice: adviceOnWrongEndpoint(route) };
    default: {
      const apiId = route.headers['x-apigw-api-id'] ?? url.hostname.split('.', 1)[0];
      const operation = operationPath(id, call.argument ?? null);
      const path = `${url.pathname.slice(1)}${operation}`;
      const resource = `arn:${partitionOfRegion(region)}:execute-api:${region}:*:${apiId}/${path.replace('/', `/${method}/`)}`;
      const advice = adviceOnRefusal({
        kind,
        said,
        dateHeader: headerOf(answer, 'date'),
        nowMs,
        signedRegion: region,
        hostRegion: regionOfHost(url.hostname),
        asked: { action: 'execute-api:Invoke', resource },
        hostname: url.hostname,
        rule: `${method}/${operation}`,
      });
      return { kind, advice };
    }
  }
}

function adviceOnNoRoute(url: URL): string {
  return url.pathname === '/'
    ? stageAdvice(url)
    : 'API Gateway has no such path there: check the stage in the address, usually /v1/';
}

function adviceOnWrongEndpoint(route: ApiRoute): string {
  if (route.headers['x-apigw-api-id'] === undefined && /\.vpce\./.test(new URL(route.url).hostname)) {
    return 'a VPC endpoint must be told which API is meant: give --api-id';
  }
  const url = new URL(route.url);
  const hasUsualStage = url.pathname === '/v1/';
  if (!isAwsHost(url.hostname)) return hasUsualStage ? apiUrlAdvice : stageAdvice(url);
  const ofVpc = 'a private API is called from its VPC, or with --api-url of its VPC endpoint and --api-id';
  return hasUsualStage
    ? `the address leads to no such API from here: ${ofVpc}`
    : `${stageAdvice(url)}; or else ${ofVpc}`;
}

function stageAdvice({ origin }: URL): string {
  return `the address needs the stage, such as ${origin}/v1/`;
}
