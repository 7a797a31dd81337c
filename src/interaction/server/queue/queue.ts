// The queue of the deployment, `CloneSquad-Interact-{group}`, to whoever speaks SQS: the same signatures, its own policy.
// A message is performed before it is acknowledged, so that what was acknowledged is durable; nothing is kept to be
// received.
import { partitionOfRegion } from '../../../aws/endpoints.ts';
import { rememberSigningKeys } from '../../../aws/sigv4/signing-key.ts';
import { type RefusalCode, verifyRequest } from '../../../aws/sigv4/verify.ts';
import type { ArrivedRequest, HandleRequest } from '../handle-request.ts';
import { claimedKeyId, type RefusalReason, type RefusedRequest } from '../gateway/refused-request.ts';
import type { AccessKey } from '../keys/access-key.ts';
import type { KeyFile } from '../keys/key-file.ts';
import type { Deployment } from '../operations/call.ts';
import type { Store } from '../store/store.ts';
import { type Action, queueOfPath } from './action.ts';
import { createActions, type DroppedMessage, type Sender } from './actions.ts';
import { jsonActionName, readJsonAction, writeJsonError, writeJsonResult } from './json-protocol.ts';
import { queryParametersOf, readQueryAction, writeQueryError, writeQueryResult } from './query-protocol.ts';
import { maySend, messageRefusal } from './senders.ts';
import { SqsError, type SqsErrorCode, toSqsError } from './sqs-error.ts';

export interface QueueOptions {
  readonly deployment: Deployment;
  readonly store: Store;
  readonly keys: Pick<KeyFile, 'lookup' | 'queueSenders'>;
  readonly nowMs?: () => number;
  readonly onRefused?: (refused: RefusedRequest) => void;
  readonly onDropped?: (dropped: DroppedMessage) => void;
  /** Hears of failures of the store and of the server's own, which senders see as a 503 or 500, to be tried again. */
  readonly onFault: (error: unknown) => void;
}

const errorCodes: Readonly<Record<RefusalCode, SqsErrorCode>> = {
  'missing-authentication': 'missingAuthenticationToken',
  'incomplete-signature': 'incompleteSignature',
  'invalid-client-token': 'invalidSecurityToken',
  'expired-token': 'expiredToken',
  'signature-mismatch': 'signatureDoesNotMatch',
  'signature-expired': 'signatureDoesNotMatch',
  'invalid-scope': 'signatureDoesNotMatch',
};

/** As CloneSquad names a group's queue. */
export function queueName(group: string): string {
  return `CloneSquad-Interact-${group}`;
}

/** Whether a request is for the queue and not for the API, whose paths all begin with its stage. */
export function isQueueRequest(request: ArrivedRequest): boolean {
  if (queueOfPath(request.rawPath) !== null) return true;
  if (!/^\/*$/.test(request.rawPath)) return false;
  return request.method === 'POST' || new URLSearchParams(request.rawQuery).has('Action');
}

/** Answers requests to the queue. Never rejects: what fails is told to `onFault`, and to the sender as an error. */
export function createQueue(options: QueueOptions): HandleRequest {
  const { deployment, store, keys, nowMs = Date.now, onRefused, onDropped, onFault } = options;
  const name = queueName(deployment.group);
  const deriveKey = rememberSigningKeys();
  const perform = createActions({ deployment, store, name, nowMs, onDropped, onFault });

  return async (request) => {
    const jsonAction = jsonActionName(request);
    const writeError = jsonAction === null ? writeQueryError : writeJsonError;
    try {
      const key = authenticate(request);
      const action = readAction(request, jsonAction);
      // For the whole request, whatever becomes of the file meanwhile.
      const senders = keys.queueSenders();
      const { userArn } = key;
      if (!maySend(userArn, senders, deployment)) {
        const permission = permissionOf(action);
        const reason = `because no resource-based policy allows the ${permission} action`;
        throw denied(request, userArn, permission, reason);
      }
      const { queue } = action;
      if (queue.accountId !== deployment.accountId || queue.name !== name) {
        throw new SqsError('queueDoesNotExist', 'The specified queue does not exist.');
      }
      const result = await perform(action, senderOf(request, key, senders));
      return jsonAction === null ? writeQueryResult(result) : writeJsonResult(result);
    } catch (error) {
      return writeError(toSqsError(error, onFault));
    }
  };

  function refuse(request: ArrivedRequest, reason: RefusalReason): void {
    const isKnown = (id: string) => keys.lookup(id) !== undefined;
    onRefused?.({ peerAddress: request.peerAddress, accessKeyId: claimedKeyId(request, isKnown), reason });
  }

  /** The key that signed the request. */
  function authenticate(request: ArrivedRequest): AccessKey {
    const verified = verifyRequest(request, {
      region: deployment.region,
      service: 'sqs',
      nowMs: nowMs(),
      // It says what is asked for, which in the Query protocol the body does.
      boundHeaders: ['x-amz-target'],
      lookup: keys.lookup,
      deriveKey,
    });
    if (verified.ok) return verified.key;
    refuse(request, verified.code);
    throw new SqsError(errorCodes[verified.code], verified.message);
  }

  function readAction(request: ArrivedRequest, jsonAction: string | null): Action {
    const { accountId } = deployment;
    if (jsonAction !== null) {
      return readJsonAction(jsonAction, request, accountId) ?? unsupported(jsonAction);
    }
    const parameters = queryParametersOf(request);
    const name = parameters.get('Action');
    if (name === undefined) throw new SqsError('invalidAction', 'The request names no action.');
    return readQueryAction(name, request, parameters, accountId) ?? unsupported(name);
  }

  function unsupported(name: string): never {
    throw new SqsError(
      'unsupportedOperation',
      `${name} is not supported: this queue accepts SendMessage, SendMessageBatch, GetQueueUrl and GetQueueAttributes.`,
    );
  }

  function senderOf(request: ArrivedRequest, key: AccessKey, senders: readonly string[] | undefined): Sender {
    const { userArn } = key;
    return {
      userArn,
      authorise(operation) {
        const reason = messageRefusal(key, operation, senders);
        if (reason !== null) throw denied(request, userArn, 'sqs:sendmessage', reason);
      },
    };
  }

  /** The refusal in the words of a policy that does not allow it. */
  function denied(request: ArrivedRequest, userArn: string, permission: string, reason: string): SqsError {
    refuse(request, 'not-allowed');
    const { region, accountId } = deployment;
    const resource = `arn:${partitionOfRegion(region)}:sqs:${region}:${accountId}:${name}`;
    const what = `${permission} on resource: ${resource}`;
    return new SqsError('accessDenied', `User: ${userArn} is not authorized to perform: ${what} ${reason}`);
  }
}

function permissionOf({ name }: Action): string {
  return `sqs:${name.replace(/Batch$/, '').toLowerCase()}`;
}
