// How V8 is set up for each program: for its launcher, and for whoever makes its code cache, which holds under these options only.
import type { Program } from './bundle.ts';

/**
 * The agent is on every instance and waits nearly all of its life. Its young generation, which would grow with every burst, stays
 * at a megabyte a half; and what runs once a second is not worth an optimising compiler: without them a poll takes a tenth
 * less of processor time, and the memory holds no compiler.
 */
export const V8_OPTIONS: Readonly<Record<Program, readonly string[]>> = {
  'cs-instance-watcher': ['--max-semi-space-size=1', '--no-opt', '--no-maglev'],
  'cs-interact': [],
};
