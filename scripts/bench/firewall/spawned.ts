// A command of the operator's, spawned as a program of this runtime would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds from the call to the command's end. Throws when it fails. */
export async function spawnedMs(command: string, args: readonly string[]): Promise<number> {
  const begunMs = performance.now();
  const [status] = await once(spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  const tookMs = performance.now() - begunMs;
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: exit status ${status}`);
  return tookMs;
}
