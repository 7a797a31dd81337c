// Sends a call by whichever route leads to the API, and remembers which one did.
import type { Limits } from '../../aws/deadline.ts';
import type { HttpAnswer, SignedHttp, SignedRequest } from '../../aws/signed-http.ts';
import { isUnsent, TransportError } from '../../aws/transport-error.ts';
import { operationPath, operations } from '../contract/operations.ts';
import { type ApiRoute, operationUrl } from './api-address.ts';
import { type ApiFailure, joinFailures } from './api-failure.ts';
import { type Asked, subjectOf } from './asked.ts';
import { type AnyCall, type ApiOperationId, isReading } from './call.ts';
import { explainAnswer } from './explain-answer.ts';
import { explainFailure } from './explain-failure.ts';
import { isWrongEndpoint } from './gateway-refusal.ts';

export interface RouteSenderOptions {
  readonly send: SignedHttp['send'];
  /** The API's region, which is part of the signature. */
  readonly region: string;
  /** In the order to try them. */
  readonly routes: readonly [ApiRoute, ...ApiRoute[]];
  readonly now: () => number;
}

/** An answer of the API itself, whatever its status, and what it answers. */
export interface Answered {
  readonly answer: HttpAnswer;
  readonly asked: Asked;
}

export type RouteSender = (id: ApiOperationId, call: AnyCall, limits: Limits) => Promise<Answered>;

/**
 * The next route is tried only when nothing can have arrived by the one before, or something else than the API was there.
 * Sending throws ApiFailure when no route leads to the API, or what was sent may have got lost on the way.
 */
export function createRouteSender({ send, region, routes, now }: RouteSenderOptions): RouteSender {
  let preferred: ApiRoute = routes[0];
  return async (id, call, limits) => {
    const failures: ApiFailure[] = [];
    for (const route of routes.toSorted((a, b) => Number(b === preferred) - Number(a === preferred))) {
      const request = toRequest(id, call, route, region);
      const asked: Asked = { id, call, method: request.method, route, region };
      try {
        const answer = await send(request, limits);
        if (!isWrongEndpoint(answer)) {
          preferred = route;
          return { answer, asked };
        }
        failures.push(explainAnswer(answer, asked, now()));
      } catch (error) {
        const { host, protocol } = request.url;
        const isPlainHttp = protocol === 'http:';
        const attempted = { subject: subjectOf(id, call), host, isPlainHttp, isReading: isReading(id, call) };
        failures.push(explainFailure(error, attempted));
        if (!(error instanceof TransportError && isUnsent(error))) break;
      }
    }
    throw joinFailures(failures);
  };
}

function toRequest(id: ApiOperationId, call: AnyCall, route: ApiRoute, region: string): SignedRequest {
  const { methods, request } = operations[id];
  const query = Object.entries(call.query ?? {}).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const { body } = call;
  const contentType = request === 'line' ? 'text/plain; charset=utf-8' : 'application/json';
  return {
    method: body === undefined ? methods[0] : 'POST',
    url: operationUrl(route, operationPath(id, call.argument ?? null), Object.fromEntries(query)),
    headers: { ...route.headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
    ...(body === undefined ? {} : { body }),
    isAction: !isReading(id, call),
    scope: { region, service: 'execute-api' },
  };
}
