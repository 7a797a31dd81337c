// Loads the addon in worker threads that end in different ways; see process.test.ts.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openFirewall } from '../../../src/firewall/native-firewall.ts';

const ignore = () => {};
const fail = (error: Error) => {
  throw error;
};

const rounds = 20;
const ruleset = { ports: [{ first: 80, last: 80 }], allowFrom: [], includeLoopback: false, closing: false };

if (isMainThread) {
  for (let i = 0; i < rounds; i++) {
    const way = ['finish', 'exit', 'terminate', 'busy'][i % 4]!;
    const worker = new Worker(new URL(import.meta.url), { workerData: way });
    const exited = once(worker, 'exit');
    await once(worker, 'message');
    if (way === 'terminate' || way === 'busy') await worker.terminate();
    await exited;
  }
  process.stdout.write(JSON.stringify({ rounds }));
} else {
  const firewall = openFirewall({ ownership: 'plain' });
  await firewall.apply(ruleset);
  firewall.monitor(ignore, fail);
  if (workerData === 'busy') for (let i = 0; i < 1000; i++) void firewall.inspect();
  parentPort!.postMessage('ready');
  if (workerData === 'finish') firewall.close();
  if (workerData === 'exit') process.exit();
}
