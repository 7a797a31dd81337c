// What GetQueueAttributes tells: the settings of CloneSquad's own queue, as far as they mean anything here.
import { partitionOfRegion } from '../../../aws/endpoints.ts';
import type { Deployment } from '../operations/call.ts';
import { SqsError } from './sqs-error.ts';

/** Those asked for; throws SqsError for a name that is none. Nobody ever waits in this queue, so every count is 0. */
export function queueAttributes(
  { region, accountId }: Deployment,
  name: string,
  asked: readonly string[],
): Readonly<Record<string, string>> {
  const all: Readonly<Record<string, string>> = {
    QueueArn: `arn:${partitionOfRegion(region)}:sqs:${region}:${accountId}:${name}`,
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    VisibilityTimeout: '900',
    MaximumMessageSize: '262144',
    MessageRetentionPeriod: '3600',
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '20',
  };
  if (asked.includes('All')) return all;
  return Object.fromEntries(
    asked.map((attribute) => {
      const value = Object.hasOwn(all, attribute) ? all[attribute] : undefined;
      if (value !== undefined) return [attribute, value];
      throw new SqsError('invalidAttributeName', `Unknown Attribute ${attribute}.`);
    }),
  );
}
