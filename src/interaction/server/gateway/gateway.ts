// The server without its listener: from a received request to its answer. First what API Gateway does (routes, signature,
// identity, policy), then the dispatch of the running system's function. Query parameters stay parameters: there they
// could replace the path and the method, which let a caller who may only read write.
import { partitionOfRegion } from '../../../aws/endpoints.ts';
import { headerValues } from '../../../aws/sigv4/canonical.ts';
import { rememberSigningKeys } from '../../../aws/sigv4/signing-key.ts';
import { type ReceivedRequest, type RefusalCode, verifyRequest } from '../../../aws/sigv4/verify.ts';
import { findOperation, type Method, operations } from '../../contract/operations.ts';
import { createFleet } from '../fleet/fleet.ts';
import type { Answer, ArrivedRequest, HandleRequest } from '../handle-request.ts';
import type { AccessKey } from '../keys/access-key.ts';
import { isAllowed, isDenied } from '../keys/rules.ts';
import { answerOperation } from '../operations/answer-operation.ts';
import type { Deployment } from '../operations/call.ts';
import type { Store } from '../store/store.ts';
import type { Identity } from './caller.ts';
import { normaliseCommand, parseQuery, pathInStage, type StagePath } from './command-path.ts';
import {
  accessDenied,
  forbidden,
  internalServerError,
  missingAuthenticationToken,
  operationAnswer,
  signatureRefused,
} from './gateway-answers.ts';
import { claimedKeyId, type RefusalReason, type RefusedRequest } from './refused-request.ts';

export interface GatewayOptions {
  readonly deployment: Deployment;
  readonly store: Store;
  readonly lookup: (accessKeyId: string) => AccessKey | undefined;
  /** When set, a request naming another API in `x-apigw-api-id` gets API Gateway's `Forbidden`. */
  readonly onlyApiId?: string | undefined;
  readonly nowMs?: () => number;
  /** Hears of every request that no operation was asked for, with nothing in it that must not be written down. */
  readonly onRefused?: (refused: RefusedRequest) => void;
}

const errorTypes: Readonly<Record<RefusalCode, string>> = {
  'missing-authentication': 'MissingAuthenticationTokenException',
  'incomplete-signature': 'IncompleteSignatureException',
  'invalid-client-token': 'UnrecognizedClientException',
  'expired-token': 'ExpiredTokenException',
  'signature-mismatch': 'InvalidSignatureException',
  'signature-expired': 'InvalidSignatureException',
  'invalid-scope': 'InvalidSignatureException',
};

/** Answers requests for the API. Rejects with StoreError. */
export function createGateway(options: GatewayOptions): HandleRequest {
  const { deployment, store, lookup, onlyApiId, nowMs = Date.now, onRefused } = options;
  const fleet = createFleet(store, nowMs);
  const deriveKey = rememberSigningKeys();
  const isKnown = (accessKeyId: string) => lookup(accessKeyId) !== undefined;
  const refuse = (request: ArrivedRequest, reason: RefusalReason, answer: Answer) => {
    onRefused?.({ peerAddress: request.peerAddress, accessKeyId: claimedKeyId(request, isKnown), reason });
    return answer;
  };
  return async (request) => {
    if (onlyApiId !== undefined && namesAnotherApi(request, onlyApiId)) {
      return refuse(request, 'another-api', forbidden());
    }
    const staged = pathInStage(request.rawPath);
    if (staged === null) return refuse(request, 'another-stage', forbidden());
    const method = routedMethod(request, staged);
    if (method === null) return refuse(request, 'no-such-method', missingAuthenticationToken());

    const { region } = deployment;
    const arrivedAtMs = nowMs();
    const verified = verifyRequest(request, {
      region,
      service: 'execute-api',
      nowMs: arrivedAtMs,
      lookup,
      deriveKey,
    });
    if (!verified.ok) {
      return refuse(request, verified.code, signatureRefused(errorTypes[verified.code], verified.message));
    }
    const { accessKeyId, key } = verified;
    const command = normaliseCommand(staged.path);
    // As the policy of the running system is asked: before anyone looks whether there is such an operation.
    if (!isAllowed(key, method, command)) {
      return refuse(
        request,
        'not-allowed',
        accessDenied(key.userArn, resourceArn(deployment, method, command), isDenied(key, method, command)),
      );
    }
    const found = findOperation(command, deployment.dialect);
    if (found === null) return operationAnswer(404, `Unknown command '${command}'`);
    const transports: readonly string[] = operations[found.id].transports;
    if (!transports.includes('api-gateway')) {
      return operationAnswer(404, 'Command not available through API Gateway');
    }
    const answer = await answerOperation(found.id, {
      deployment,
      store,
      fleet,
      identity: identityOf(accessKeyId, key, request),
      method,
      argument: found.argument,
      path: staged.path,
      query: parseQuery(request.rawQuery),
      body: request.body.length === 0 ? null : Buffer.from(request.body).toString('utf8'),
      nowMs: arrivedAtMs,
    });
    return 'fault' in answer ? internalServerError() : operationAnswer(answer.status, answer.body);
  };
}

/** The method of a route that is there, else null: POST has none at the root. */
function routedMethod({ method }: ReceivedRequest, { isRoot }: StagePath): Method | null {
  if (method === 'GET') return method;
  return method === 'POST' && !isRoot ? method : null;
}

function namesAnotherApi(request: ReceivedRequest, apiId: string): boolean {
  return headerValues(request, 'x-apigw-api-id').some((value) => value !== apiId);
}

/** As a policy names what is asked for: the operation as it was understood, so that a rule can be written from it. */
function resourceArn({ region, accountId, apiId }: Deployment, method: Method, command: string): string {
  return `arn:${partitionOfRegion(region)}:execute-api:${region}:${accountId}:${apiId}/v1/${method}/${command}`;
}

function identityOf(accessKeyId: string, key: AccessKey, request: ArrivedRequest): Identity {
  return {
    accessKeyId,
    caller: key.caller,
    userArn: key.userArn,
    // A listener for both families shows IPv4 clients in IPv6 form.
    sourceIp: request.peerAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? null,
    userAgent: headerValues(request, 'user-agent')[0] ?? null,
  };
}
