// How long an operation holds the JavaScript thread, so that nothing else of the program runs.
//
// All that the thread does between the call and the promise's resolution counts: the call, and, when the worker is done, what makes
// JavaScript of its result. In between the thread waits for the kernel in its event loop, and libuv keeps account of that by the
// monotonic clock, whenever such a wait begins and ends. So there is no timer whose resolution would show, and no probe that
// would take the processor from the worker and then measure that. Both parts are added up, though what else is ready could run
// between them: what one piece of work of the program has to wait is at most this.
import { performance } from 'node:perf_hooks';

/** Milliseconds of this thread, other than those in which its event loop waited, until `operation` has resolved. */
export async function heldMs(operation: () => Promise<unknown>): Promise<number> {
  const before = performance.eventLoopUtilization();
  await operation();
  return performance.eventLoopUtilization(before).active;
}
