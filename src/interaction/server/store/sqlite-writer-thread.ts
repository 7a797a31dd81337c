// The writing connection in a thread of its own: while a commit waits for the disk, requests go on being answered.
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Outcome, Write } from './sqlite-writes.ts';
import { StoreError } from './store.ts';

/** What the thread is given: writes, or null to close the database and end. */
export type WriterRequest = { readonly writes: readonly Write[]; readonly nowS: number } | null;

export interface WriterThread {
  /** One outcome for each write. To be called again only when it has ended. Throws StoreError when the thread has died. */
  commit(writes: readonly Write[], nowS: number): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

/** Beside this file, in the source and in the bundle alike. */
const program = join(import.meta.dirname, `sqlite-writer-program${extname(import.meta.filename)}`);

/** Starts the thread on a database that exists. Throws StoreError when it cannot be opened there. */
export async function startWriterThread(path: string): Promise<WriterThread> {
  const worker = new Worker(program, { workerData: path });
  const ended = Promise.withResolvers<void>();
  let answer = Promise.withResolvers<readonly Outcome[]>();
  let death: StoreError | undefined;

  const die = (reason: string, cause?: unknown): void => {
    death ??= new StoreError(`the thread that writes the database has died (${reason}): restart the server`, {
      cause,
    });
    answer.reject(death);
  };
  worker.on('message', (outcomes: readonly Outcome[]) => answer.resolve(outcomes));
  worker.on('error', (error) => die(error instanceof Error ? error.message : String(error), error));
  worker.on('exit', (status) => {
    die(`status ${status}`);
    ended.resolve();
  });
  // Nobody waits for it when the thread ends as it was told to.
  answer.promise.catch(() => undefined);

  // The first message says that the database is open.
  await answer.promise;
  return {
    async commit(writes, nowS) {
      if (death !== undefined) throw death;
      answer = Promise.withResolvers();
      answer.promise.catch(() => undefined);
      const request: WriterRequest = { writes, nowS };
      worker.postMessage(request);
      return answer.promise;
    },
    async close() {
      const request: WriterRequest = null;
      worker.postMessage(request);
      await ended.promise;
    },
  };
}
