// Messages of the queue, which carries some operations one way. A message that cannot be read there comes back every
// fifteen minutes until it expires, so they are made in one place.
import { operations } from './operations.ts';

/** The members that a message of each operation has beside its `OpType`. */
export interface QueueMembers {
  /** `Events`: the `EventDate` of each event. The original document's `EventData` was never read by anything. */
  readonly ackEvent: { readonly Events: readonly string[] };
  /** Whole seconds, 0 to 900. */
  readonly rescheduleNow: { readonly delay?: number };
  readonly backup: Readonly<Record<string, never>>;
  readonly publishReportNow: Readonly<Record<string, never>>;
}

/** The JSON body of a message that asks for an operation. */
export function queueMessage<Id extends keyof QueueMembers>(id: Id, members: QueueMembers[Id]): string {
  // Documented with capitals; the queue reads it in any case.
  const OpType = id === 'publishReportNow' ? 'Debug/PublishReportNow' : operations[id].name;
  return JSON.stringify({ OpType, ...members });
}
