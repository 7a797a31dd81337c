// What each operation does: the server's side of the table of operations, for both ways of asking.
import { listedOperationNames, type OperationId } from '../../contract/operations.ts';
import { answerAckEvent, performAckEvent } from './ack-event.ts';
import { answerBackup, performBackup } from './backup.ts';
import type { Call, OperationAnswer, QueueCall } from './call.ts';
import { answerConfiguration } from './configuration.ts';
import { answerConfigurationKey } from './configuration-key.ts';
import { answerControlInstances } from './control-instances.ts';
import { answerDiscovery } from './discovery.ts';
import { answerAllMetadatas, answerFleetMetadata } from './fleet-metadata.ts';
import { answerFleetStatus } from './fleet-status.ts';
import { answerMetadata } from './metadata.ts';
import { answerMetricCache } from './metric-cache.ts';
import { performPublishReport } from './publish-report.ts';
import { QueueOperationError } from './queue-operation-error.ts';
import { answerRescheduleNow, performRescheduleNow } from './reschedule-now.ts';
import { answerScheduler } from './scheduler.ts';
import { answerSchedulerKey } from './scheduler-key.ts';
import { answerSentMetrics } from './sent-metrics.ts';

type Answer = (call: Call) => Promise<OperationAnswer>;
type Perform = (call: QueueCall) => Promise<OperationAnswer>;

const answers: Readonly<Record<OperationId, Answer>> = {
  listing: async ({ deployment }) => ({
    status: 200,
    body: listedOperationNames(deployment.dialect).join('\n'),
  }),
  metadata: answerMetadata,
  allMetadatas: answerAllMetadatas,
  fleetMetadata: answerFleetMetadata,
  fleetStatus: answerFleetStatus,
  discovery: answerDiscovery,
  configuration: answerConfiguration,
  configurationKey: answerConfigurationKey,
  scheduler: answerScheduler,
  schedulerKey: answerSchedulerKey,
  sentMetrics: answerSentMetrics,
  metricCache: answerMetricCache,
  controlInstances: answerControlInstances,
  rescheduleNow: answerRescheduleNow,
  backup: answerBackup,
  ackEvent: answerAckEvent,
  publishReportNow: async () => ({ status: 404, body: 'Command not available through API Gateway' }),
};

const performs: Readonly<Partial<Record<OperationId, Perform>>> = {
  rescheduleNow: performRescheduleNow,
  backup: performBackup,
  ackEvent: performAckEvent,
  publishReportNow: performPublishReport,
};

/** Answers a call over HTTP. Rejects with StoreError only. */
export function answerOperation(id: OperationId, call: Call): Promise<OperationAnswer> {
  return answers[id](call);
}

/**
 * Does what a message of the queue asks for. Throws QueueOperationError when that was not done, with the words that an
 * answer would have had, and StoreError.
 */
export async function performQueued(id: OperationId, call: QueueCall): Promise<void> {
  const perform = performs[id];
  if (perform === undefined)
    throw new QueueOperationError('the operation is not available through the queue');
  const answer = await perform(call);
  if ('fault' in answer) throw new QueueOperationError('the operation failed');
  if (answer.status !== 200) throw new QueueOperationError(answer.body);
}
