// What API Gateway's refusals mean: the request got no further than the door.
import { partitionOfRegion } from '../../aws/endpoints.ts';
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
      const path = `${url.pathname.slice(1)}${operationPath(id, call.argument ?? null)}`;
      const resource = `arn:${partitionOfRegion(region)}:execute-api:${region}:*:${apiId}/${path.replace('/', `/${method}/`)}`;
      const advice = adviceOnRefusal({
        kind,
        said,
        dateHeader: headerOf(answer, 'date'),
        nowMs,
        signedRegion: region,
        hostRegion: regionOfHost(url.hostname),
        asked: { action: 'execute-api:Invoke', resource },
      });
      return { kind, advice };
    }
  }
}

function adviceOnNoRoute(url: URL): string {
  return url.pathname === '/'
    ? `the address lacks the stage: ${url.href}v1/`
    : 'API Gateway has no such path there: check the stage in the address, usually /v1/';
}

function adviceOnWrongEndpoint(route: ApiRoute): string {
  if (route.headers['x-apigw-api-id'] === undefined && /\.vpce\./.test(new URL(route.url).hostname)) {
    return 'a VPC endpoint must be told which API is meant: give --api-id';
  }
  return 'the address leads to no such API from here: a private API is called from its VPC, or with --api-url of its VPC endpoint and --api-id';
}
