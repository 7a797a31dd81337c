// Collects the writes that come while others are being made durable, and hands them on together: a thousand writers at
// the same time wait for two commits at most.
import { setImmediate } from 'node:timers/promises';
import type { Outcome, Write } from './sqlite-writes.ts';
import { StoreError } from './store.ts';

export interface GroupCommit {
  /** Whether the write was made, once it is durable; in the order of the calls. Throws StoreError. */
  commit(write: Write): Promise<boolean>;
  /** Refuses further writes and resolves when those before have ended. */
  close(): Promise<void>;
}

interface WaitingWrite {
  readonly write: Write;
  readonly settle: PromiseWithResolvers<boolean>;
}

/** Bounds a transaction, and so how long its writers wait. */
const maxWritesTogether = 1_000;

/** `commitTogether` gives one outcome for each write. It is called again only when it has ended. */
export function createGroupCommit(
  commitTogether: (writes: readonly Write[]) => Promise<readonly Outcome[]>,
): GroupCommit {
  const waiting: WaitingWrite[] = [];
  let isClosed = false;
  let isRunning = false;
  let run = Promise.resolve();

  const commitBatch = async (batch: readonly WaitingWrite[]): Promise<void> => {
    try {
      const outcomes = await commitTogether(batch.map(({ write }) => write));
      for (const [index, { settle }] of batch.entries()) settleWith(settle, outcomes[index]!);
    } catch (error) {
      for (const { settle } of batch) settle.reject(error);
    }
  };
  const runAll = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      // Those that come in this turn of the event loop, such as the next ones of writers just answered, go together.
      await setImmediate();
      await commitBatch(waiting.splice(0, maxWritesTogether));
    }
    isRunning = false;
  };

  return {
    commit(write) {
      const settle = Promise.withResolvers<boolean>();
      if (isClosed) {
        settle.reject(new StoreError('the store is closed'));
      } else {
        waiting.push({ write, settle });
        if (!isRunning) run = runAll();
      }
      return settle.promise;
    },
    close() {
      isClosed = true;
      return run;
    },
  };
}

function settleWith(settle: PromiseWithResolvers<boolean>, outcome: Outcome): void {
  if ('error' in outcome)
    settle.reject(new StoreError(`the database could not be written: ${outcome.error}`));
  else settle.resolve(outcome.isMade);
}
