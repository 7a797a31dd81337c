// The table from operations to what they do, complete for both ways of asking.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type OperationId, operations } from '../../../../../src/interaction/contract/operations.ts';
import {
  answerOperation,
  performQueued,
} from '../../../../../src/interaction/server/operations/answer-operation.ts';
import { QueueOperationError } from '../../../../../src/interaction/server/operations/queue-operation-error.ts';
import { makeCall, makeQueueCall, openStore, told } from './make-call.ts';

const ids = Object.keys(operations) as OperationId[];

describe('answerOperation', () => {
  const empty: Readonly<Partial<Record<OperationId, RegExp>>> = {
    listing: /^200 backup\ncloudwatch\/metriccache\n/,
    metadata: /^500 Can't retrieve requesting InstanceId \(AROAEXAMPLE:operator\)\.$/,
    allMetadatas: /^200 /,
    fleetMetadata: /^200 \[\]$/,
    fleetStatus: /^200 \{/,
    discovery: /^200 \{/,
    configuration: /^200 \{\}$/,
    configurationKey: /^400 Missing config key path\.$/,
    scheduler: /^200 \{\}$/,
    schedulerKey: /^400 Missing config key path\.$/,
    sentMetrics: /^200 \[\]$/,
    metricCache: /^200 \[\]$/,
    controlInstances: /^404 /,
    rescheduleNow: /^200 On-demand/,
    backup: /^500 Can not back up/,
    ackEvent: /^fault$/,
    publishReportNow: /^404 Command not available through API Gateway$/,
  };
  for (const id of ids) {
    it(`answers ${id} when nothing was entered`, async (test) => {
      assert.match(
        told(await answerOperation(id, makeCall(await openStore(test)))),
        empty[id] ?? /^not in the table$/,
      );
    });
  }
});

describe('performQueued', () => {
  const outcomes: Readonly<Partial<Record<OperationId, string>>> = {
    rescheduleNow: 'done',
    backup: 'Can not back up',
    ackEvent: "Can't acknowledge events",
    publishReportNow: "No 'LoggingS3Path' configured",
  };
  for (const id of ids) {
    const transports: readonly string[] = operations[id].transports;
    const isQueued = transports.includes('queue');
    const expected = isQueued ? outcomes[id]! : 'the operation is not available through the queue';
    it(`${id}: ${expected}`, async (test) => {
      const store = await openStore(test);
      const call = makeQueueCall(store, {});
      const outcome = await performQueued(id, call).then(
        () => 'done',
        (error: Error) => {
          assert.ok(error instanceof QueueOperationError, error.stack);
          return error.message;
        },
      );
      assert.ok(outcome.startsWith(expected), outcome);
    });
  }
});
