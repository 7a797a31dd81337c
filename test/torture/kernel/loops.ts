// A command that another program runs over and over, until it is ended.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { FaultWorld } from './fault-world.ts';

/** Runs a command of the shell again and again, whether it fails or not, with nothing in between. */
export function startLoop({ network }: FaultWorld, command: string): ChildProcess {
  return network.host.namespace.spawn('sh', ['-c', `while :; do ${command}; done`], {
    stdio: 'ignore',
    // A process group of its own, so that what it runs ends with it.
    detached: true,
  });
}

/** Ends a loop, and what it runs. */
export async function endLoop(loop: ChildProcess): Promise<void> {
  const exit = once(loop, 'exit');
  process.kill(-loop.pid!, 'SIGKILL');
  await exit;
}
