// The host's clocks.
import type { Clock } from './ports.ts';

/** The real clock: CLOCK_MONOTONIC, the wall clock, and timers. */
export const hostClock: Clock = {
  // Not performance.now, which begins with the process: a record of this boot is read by the next one.
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
    }),
};
