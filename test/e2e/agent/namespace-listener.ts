// Servers of the test's own process that a program in a private namespace reaches on its loopback.
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../fixtures/netns.ts';

const PROGRAM = fileURLToPath(new URL('namespace-listener-program.ts', import.meta.url));

export interface NamespaceListener {
  /** On the loopback of the namespace. */
  readonly port: number;
  /** Listens already; accepts in this process. */
  readonly socket: Server;
}

/** Opens `count` listening sockets in the namespace. */
export async function listenIn(namespace: Namespace, count: number): Promise<NamespaceListener[]> {
  const child = namespace.spawnNode(PROGRAM, [String(count)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const closed = once(child, 'close');
  const listeners: NamespaceListener[] = [];
  child.on('message', (address: AddressInfo, socket) => {
    listeners.push({ port: address.port, socket: socket as Server });
  });
  const [status] = (await closed) as [number | null];
  if (status !== 0 || listeners.length !== count) {
    throw new Error(`${listeners.length} of ${count} sockets came from the namespace, exit status ${status}`);
  }
  return listeners;
}
