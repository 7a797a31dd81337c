// workers-program.ts ROUNDS LIVE_MEMORY: loads the addon in ROUNDS worker threads, one after the other, that end in different
// ways, and prints how many left a descriptor or a thread behind, or together more memory than workers that load nothing;
// to be run with --expose-gc. LIVE_MEMORY is live_memory.c as a module.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openFirewall } from '../../../src/firewall/native-firewall.ts';

const ways = ['finish', 'exit', 'terminate', 'busy', 'throw'] as const;
type Way = (typeof ways)[number] | 'empty';

const ruleset = { ports: [{ first: 80, last: 80 }], allowFrom: [], includeLoopback: false, closing: false };
/** Calls under way when a busy worker is ended. */
const callsInFlight = 100;
/**
 * Node never frees the handle of a promise (napi_deferred) that is not settled when its thread ends: 32 bytes of malloc's each,
 * measured with a module that does nothing but make promises.
 */
const deferredBytes = 32;
/** A leak of ours would be more a round. Free chunks that malloc counts as used make up to some 300 bytes of it. */
const leakBytes = 1024;
/** Rounds before the first look, until the allocator and the thread pool have what they keep. */
const warmUpRounds = 100;
const emptyRounds = 300;

const ignore = () => {};
const fail = (error: Error) => {
  throw error;
};
const held = () => ({
  descriptors: readdirSync('/proc/self/fd').length,
  threads: readdirSync('/proc/self/task').length,
});

async function round(way: Way): Promise<boolean> {
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

interface Growth {
  readonly broken: number;
  /** Bytes of malloc's that stay, a round, from the warm-up on. */
  readonly bytes: number;
}

/** `rounds` beside those of the warm-up. */
async function grow(rounds: number, wayOf: (index: number) => Way, liveBytes: () => number): Promise<Growth> {
  let broken = 0;
  let before = held();
  let bytesBefore = 0;
  for (let i = 0; i < warmUpRounds + rounds; i++) {
    if (i === warmUpRounds) {
      globalThis.gc!();
      before = held();
      bytesBefore = liveBytes();
    }
    if (!(await round(wayOf(i)))) broken++;
    const after = held();
    if (i >= warmUpRounds && (after.descriptors > before.descriptors || after.threads > before.threads))
      broken++;
  }
  globalThis.gc!();
  return { broken, bytes: (liveBytes() - bytesBefore) / rounds };
}

async function main(times: number, liveMemory: string): Promise<void> {
  const { liveBytes } = createRequire(import.meta.url)(liveMemory) as { liveBytes: () => number };
  const empty = await grow(emptyRounds, () => 'empty', liveBytes);
  const rounds = times - warmUpRounds;
  const loaded = await grow(rounds, (index) => ways[index % ways.length]!, liveBytes);
  const ofPromises = (callsInFlight * deferredBytes) / ways.length;
  const ours = loaded.bytes - Math.max(0, empty.bytes) - ofPromises;
  const figures = [loaded.bytes, empty.bytes, ofPromises, ours].map(Math.round);
  process.stderr.write(
    `after ${times} workers: ${JSON.stringify(held())}; bytes more a worker: ${figures[0]}, Node's own: ${figures[1]} without the addon, at most ${figures[2]} of promises; ours: ${figures[3]}\n`,
  );
  process.stdout.write(
    JSON.stringify({ times, broken: empty.broken + loaded.broken + (ours > leakBytes ? 1 : 0) }),
  );
}

async function work(way: Way): Promise<void> {
  if (way === 'empty') {
    parentPort!.postMessage('ready');
    return;
  }
  const firewall = openFirewall({ ownership: 'plain' });
  await firewall.apply(ruleset);
  firewall.monitor(ignore, fail);
  if (way === 'busy') for (let i = 0; i < callsInFlight; i++) void firewall.inspect();
  parentPort!.postMessage('ready');
  if (way === 'finish') firewall.close();
  if (way === 'exit') process.exit();
  if (way === 'throw') throw new Error('a worker that ends by an error');
}

if (isMainThread) await main(Number(process.argv[2]), process.argv[3]!);
else await work(workerData as Way);
