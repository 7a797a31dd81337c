// workers-program.ts ROUNDS: loads the addon in ROUNDS worker threads, one after the other, that end in different ways, and
// prints how many left a descriptor or a thread behind, or together more memory than they may; to be run with --expose-gc.
import { readdirSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openFirewall } from '../../../src/firewall/native-firewall.ts';

const ways = ['finish', 'exit', 'terminate', 'busy', 'throw'] as const;
const ruleset = { ports: [{ first: 80, last: 80 }], allowFrom: [], includeLoopback: false, closing: false };
/** A worker's own heap is the process's for a while; a leak of 10 kB a round would be 10 MB. */
const growthLimitMb = 10;
/** Rounds before the first look, until the allocator and the thread pool have what they keep. */
const warmUpRounds = 100;

const ignore = () => {};
const fail = (error: Error) => {
  throw error;
};
const held = () => ({
  descriptors: readdirSync('/proc/self/fd').length,
  threads: readdirSync('/proc/self/task').length,
});

async function round(way: (typeof ways)[number]): Promise<boolean> {
  const worker = new Worker(new URL(import.meta.url), { workerData: way });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('error', ignore); // the worker that throws
  // The error of a worker may come before its last message.
  const isReady = await new Promise<boolean>((resolve) => {
    worker.once('message', () => resolve(true));
    worker.once('exit', () => resolve(false));
  });
  if (way === 'terminate' || way === 'busy') await worker.terminate();
  await exited;
  return isReady;
}

async function main(rounds: number): Promise<void> {
  let broken = 0;
  let before = held();
  let memoryBefore = 0;
  for (let i = 0; i < rounds; i++) {
    if (!(await round(ways[i % ways.length]!))) broken++;
    if (i + 1 === Math.min(warmUpRounds, rounds)) {
      globalThis.gc!();
      before = held();
      memoryBefore = process.memoryUsage.rss();
    } else if (i >= warmUpRounds) {
      const after = held();
      if (after.descriptors > before.descriptors || after.threads > before.threads) broken++;
    }
  }
  globalThis.gc!();
  const growthMb = (process.memoryUsage.rss() - memoryBefore) / 2 ** 20;
  if (growthMb > growthLimitMb) broken++;
  process.stderr.write(
    `after ${rounds} workers: ${JSON.stringify(held())}, ${growthMb.toFixed(1)} MB more\n`,
  );
  process.stdout.write(JSON.stringify({ times: rounds, broken }));
}

async function work(way: (typeof ways)[number]): Promise<void> {
  const firewall = openFirewall({ ownership: 'plain' });
  await firewall.apply(ruleset);
  firewall.monitor(ignore, fail);
  if (way === 'busy') for (let i = 0; i < 1000; i++) void firewall.inspect();
  parentPort!.postMessage('ready');
  if (way === 'finish') firewall.close();
  if (way === 'exit') process.exit();
  if (way === 'throw') throw new Error('a worker that ends by an error');
}

if (isMainThread) await main(Number(process.argv[2]));
else await work(workerData as (typeof ways)[number]);
