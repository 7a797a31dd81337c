// Real pipes for the output of scripts, which Node cannot make: its own are socket pairs.
import { loadAddon } from './binding.ts';
import { converting } from './native-error.ts';

/** The two ends of a pipe, close-on-exec and the caller's to close. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/**
 * Opens a pipe.
 * @throws FirewallError with the errno (EMFILE)
 */
export function openPipe(): Pipe {
  return converting('openPipe', () => loadAddon().openPipe());
}
