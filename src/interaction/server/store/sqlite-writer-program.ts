// The program of the thread that owns the writing connection; its other end is sqlite-writer-thread.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './sqlite-file.ts';
import type { WriterRequest } from './sqlite-writer-thread.ts';
import { createWriter } from './sqlite-writes.ts';

const port = parentPort!;
const db = connect(workerData as string);
const writer = createWriter(db);

port.on('message', (request: WriterRequest) => {
  if (request !== null) {
    port.postMessage(writer.commit(request.writes, request.nowS));
    return;
  }
  db.close();
  port.close();
});
port.postMessage([]);
