// What starting any balancer takes.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Namespace } from '../../fixtures/netns.ts';

/** The path of a configuration as it is shipped. */
export function configuration(file: string): string {
  return resolve(import.meta.dirname, '../../../docs/load-balancers', file);
}

/** Settles when a balancer has ended, with what it complained of. */
export async function exitOf(child: ChildProcess): Promise<string> {
  const [complaint] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  return `the balancer ended: ${complaint}`;
}

/** Waits until the balancer answers requests. */
export async function untilServing(namespace: Namespace, exit: Promise<string>): Promise<void> {
  const ask = namespace.run('curl', [
    '-sSf',
    '-o',
    '/dev/null',
    '--retry',
    '50',
    '--retry-delay',
    '0',
    '--retry-max-time',
    '5',
    '--retry-all-errors',
    'http://127.0.0.1/',
  ]);
  const complaint = await Promise.race([exit, ask.then(() => null)]);
  if (complaint !== null) throw new Error(complaint);
}
