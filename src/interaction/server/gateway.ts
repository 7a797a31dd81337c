// The server without its listener: from a received request to its answer. First what API Gateway does (routes, signature,
// identity), then the dispatch of the running system's function. Query parameters stay parameters: there they could
// replace the path and the method, which let a caller who may only read write.
import { type ReceivedRequest, type RefusalCode, verifyRequest } from '../../aws/sigv4/verify.ts';
import type { Dialect } from '../contract/instance-metadata.ts';
import { findOperation, operations } from '../contract/operations.ts';
import { answerOperation } from './answer-operation.ts';
import type { Caller } from './caller.ts';
import { normaliseCommand, parseQuery, pathInStage } from './command-path.ts';
import type { FleetStore } from './fleet-store.ts';
import {
  forbidden,
  type GatewayResponse,
  missingAuthenticationToken,
  operationAnswer,
  signatureRefused,
} from './gateway-answers.ts';
import { claimedKeyId, type RefusalReason, type RefusedRequest } from './refused-request.ts';

/** An access key and whom it stands for. */
export interface AccessKey extends Caller {
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiresAtMs?: number | undefined;
}

export interface GatewayOptions {
  readonly dialect: Dialect;
  /** The region that requests must be signed for. */
  readonly region: string;
  readonly store: FleetStore;
  readonly lookup: (accessKeyId: string) => AccessKey | undefined;
  /** When set, a request naming another API in `x-apigw-api-id` gets API Gateway's `Forbidden`. */
  readonly apiId?: string | undefined;
  readonly nowMs?: () => number;
  /** Hears of every request that no operation was asked for, with nothing in it that must not be written down. */
  readonly onRefused?: (refused: RefusedRequest) => void;
}

/** A request and, where it came over a socket, the address it came from. */
export type ArrivedRequest = ReceivedRequest & { readonly peerAddress?: string | undefined };

/** Answers one request; rejects only on a fault of the server's own. */
export type HandleRequest = (request: ArrivedRequest) => Promise<GatewayResponse>;

const errorTypes: Readonly<Record<RefusalCode, string>> = {
  'missing-authentication': 'MissingAuthenticationTokenException',
  'incomplete-signature': 'IncompleteSignatureException',
  'invalid-client-token': 'UnrecognizedClientException',
  'expired-token': 'ExpiredTokenException',
  'signature-mismatch': 'InvalidSignatureException',
  'signature-expired': 'InvalidSignatureException',
  'invalid-scope': 'InvalidSignatureException',
};

export function createGateway(options: GatewayOptions): HandleRequest {
  const { dialect, region, store, lookup, apiId, nowMs = Date.now, onRefused } = options;
  const isKnown = (accessKeyId: string) => lookup(accessKeyId) !== undefined;
  const refuse = (request: ArrivedRequest, reason: RefusalReason, answer: GatewayResponse) => {
    onRefused?.({ peerAddress: request.peerAddress, accessKeyId: claimedKeyId(request, isKnown), reason });
    return answer;
  };
  return async (request) => {
    if (apiId !== undefined && namesAnotherApi(request, apiId)) {
      return refuse(request, 'another-api', forbidden());
    }
    const staged = pathInStage(request.rawPath);
    if (staged === null) return refuse(request, 'another-stage', forbidden());
    const isRouted = request.method === 'GET' || (request.method === 'POST' && !staged.isRoot);
    if (!isRouted) return refuse(request, 'no-such-method', missingAuthenticationToken());

    const verified = verifyRequest(request, { region, service: 'execute-api', nowMs: nowMs(), lookup });
    if (!verified.ok) {
      return refuse(request, verified.code, signatureRefused(errorTypes[verified.code], verified.message));
    }
    const caller = lookup(verified.accessKeyId);
    // The keys may have been replaced since the signature was verified.
    if (caller === undefined) return refuse(request, 'invalid-client-token', missingAuthenticationToken());

    const command = normaliseCommand(staged.path);
    const operation = findOperation(command, dialect);
    if (operation === null) return operationAnswer(404, `Unknown command '${command}'`);
    if (!operations[operation].transports.includes('api-gateway')) {
      return operationAnswer(404, 'Command not available through API Gateway');
    }
    return answerOperation(operation, { dialect, store, caller, query: parseQuery(request.rawQuery) });
  };
}

function namesAnotherApi(request: ReceivedRequest, apiId: string): boolean {
  return request.headers.some(([name, value]) => name.toLowerCase() === 'x-apigw-api-id' && value !== apiId);
}
