// What SQS refuses with. Its two protocols name one error differently, and clients act on the names.
import { StoreError } from '../store/store.ts';

interface ErrorForm {
  readonly status: number;
  /** `__type` of the JSON protocol. */
  readonly jsonType: string;
  /** `Code` of the Query protocol, which the JSON protocol repeats in `x-amzn-query-error`. */
  readonly queryCode: string;
}

const sqs = 'com.amazonaws.sqs#';
const coral = 'com.amazon.coral.service#';
const legacy = 'AWS.SimpleQueueService.';

export const errorForms = {
  accessDenied: { status: 403, jsonType: `${coral}AccessDeniedException`, queryCode: 'AccessDenied' },
  batchEntryIdsNotDistinct: {
    status: 400,
    jsonType: `${sqs}BatchEntryIdsNotDistinct`,
    queryCode: `${legacy}BatchEntryIdsNotDistinct`,
  },
  batchRequestTooLong: {
    status: 400,
    jsonType: `${sqs}BatchRequestTooLong`,
    queryCode: `${legacy}BatchRequestTooLong`,
  },
  emptyBatchRequest: {
    status: 400,
    jsonType: `${sqs}EmptyBatchRequest`,
    queryCode: `${legacy}EmptyBatchRequest`,
  },
  expiredToken: { status: 403, jsonType: `${coral}ExpiredTokenException`, queryCode: 'ExpiredToken' },
  incompleteSignature: {
    status: 400,
    jsonType: `${coral}IncompleteSignatureException`,
    queryCode: 'IncompleteSignature',
  },
  internalFailure: { status: 500, jsonType: `${coral}InternalFailure`, queryCode: 'InternalFailure' },
  invalidAction: { status: 400, jsonType: `${coral}UnknownOperationException`, queryCode: 'InvalidAction' },
  invalidAttributeName: {
    status: 400,
    jsonType: `${sqs}InvalidAttributeName`,
    queryCode: 'InvalidAttributeName',
  },
  invalidBatchEntryId: {
    status: 400,
    jsonType: `${sqs}InvalidBatchEntryId`,
    queryCode: `${legacy}InvalidBatchEntryId`,
  },
  invalidMessageContents: {
    status: 400,
    jsonType: `${sqs}InvalidMessageContents`,
    queryCode: 'InvalidMessageContents',
  },
  invalidParameterValue: {
    status: 400,
    jsonType: `${coral}InvalidParameterValueException`,
    queryCode: 'InvalidParameterValue',
  },
  invalidSecurityToken: {
    status: 403,
    jsonType: `${coral}UnrecognizedClientException`,
    queryCode: 'InvalidClientTokenId',
  },
  malformedRequest: { status: 400, jsonType: `${coral}SerializationException`, queryCode: 'MalformedInput' },
  missingAuthenticationToken: {
    status: 403,
    jsonType: `${coral}MissingAuthenticationTokenException`,
    queryCode: 'MissingAuthenticationToken',
  },
  missingParameter: {
    status: 400,
    jsonType: `${coral}MissingRequiredParameterException`,
    queryCode: 'MissingParameter',
  },
  queueDoesNotExist: {
    status: 400,
    jsonType: `${sqs}QueueDoesNotExist`,
    queryCode: `${legacy}NonExistentQueue`,
  },
  serviceUnavailable: {
    status: 503,
    jsonType: `${coral}ServiceUnavailableException`,
    queryCode: 'ServiceUnavailable',
  },
  signatureDoesNotMatch: {
    status: 403,
    jsonType: `${coral}InvalidSignatureException`,
    queryCode: 'SignatureDoesNotMatch',
  },
  tooManyEntriesInBatchRequest: {
    status: 400,
    jsonType: `${sqs}TooManyEntriesInBatchRequest`,
    queryCode: `${legacy}TooManyEntriesInBatchRequest`,
  },
  unsupportedOperation: {
    status: 400,
    jsonType: `${sqs}UnsupportedOperation`,
    queryCode: `${legacy}UnsupportedOperation`,
  },
} as const satisfies Record<string, ErrorForm>;

export type SqsErrorCode = keyof typeof errorForms;

/** A request that is refused; the message is for the sender. */
export class SqsError extends Error {
  override readonly name = 'SqsError';
  readonly code: SqsErrorCode;

  constructor(code: SqsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether the request is at fault, and not the server: sending it again does not help then. */
export function isSenderFault(code: SqsErrorCode): boolean {
  return errorForms[code].status < 500;
}

/** The error as it is, or what the sender is told of a failure that `onFault` is told of: to send again. */
export function toSqsError(error: unknown, onFault: (error: unknown) => void): SqsError {
  if (error instanceof SqsError) return error;
  onFault(error);
  return error instanceof StoreError
    ? new SqsError('serviceUnavailable', 'The message could not be stored. Send it again.')
    : new SqsError('internalFailure', 'The request failed by a fault of the server. Send it again.');
}
