// The messages of the queue, as they are sent.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findOperation, operations } from '../../../../src/interaction/contract/operations.ts';
import { queueMessage } from '../../../../src/interaction/contract/queue-message.ts';

const messages: [string, string][] = [
  [queueMessage('ackEvent', { Events: ['a', 'b'] }), '{"OpType":"notify/ackevent","Events":["a","b"]}'],
  [queueMessage('rescheduleNow', {}), '{"OpType":"control/reschedulenow"}'],
  [queueMessage('rescheduleNow', { delay: 5 }), '{"OpType":"control/reschedulenow","delay":5}'],
  [queueMessage('backup', {}), '{"OpType":"backup"}'],
  [queueMessage('publishReportNow', {}), '{"OpType":"Debug/PublishReportNow"}'],
];
for (const [message, expected] of messages) {
  it(expected, () => {
    assert.equal(message, expected);
    const { OpType } = JSON.parse(message) as { OpType: string };
    const found = findOperation(OpType.toLowerCase(), 'd2');
    assert.ok(found !== null && (operations[found.id].transports as readonly string[]).includes('queue'));
  });
}
