// Ports for listeners under test.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port of loopback that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until somebody accepts there, two seconds at most. */
export async function untilListening(port: number): Promise<void> {
  const endsAt = performance.now() + 2_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.destroy();
      return;
    } catch (error) {
      assert.ok(performance.now() < endsAt, (error as Error).message);
    }
  }
}

/** Resolves when the connection has ended, in whatever way; fails after 20 seconds. */
export function ended(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error('the connection is still open')), 20_000);
    socket.once('close', () => {
      clearTimeout(deadline);
      resolve();
    });
  });
}
