// The far side of peer.ts: makes and ends connections, and asks the addon about them, where it runs.
import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import { loadAddon } from '../../../src/firewall/binding.ts';
import { toConnectionCount, toPortBounds } from '../../../src/firewall/native-values.ts';
import type { ConnectionCount, DestroyResult, PortRange } from '../../../src/firewall/ruleset.ts';

/** What a peer can be asked, with the answers. */
export interface PeerCalls {
  /** Listens; every accepted connection stays open until told otherwise. */
  listen(port: number, host: string): Promise<void>;
  /** Connects, `count` times, one after the other; returns the handle of the first, the others follow it. */
  connect(port: number, host: string, count: number): Promise<number>;
  /** Sends a SYN that nobody answers in full: does not wait for the connection. */
  beginConnect(port: number, host: string): Promise<number>;
  /** Waits until `count` connections were accepted in all and returns the handle of the last. */
  accepted(count: number): Promise<number>;
  /** Sends a byte. */
  send(handle: number): Promise<void>;
  /** Waits until a byte has come. */
  received(handle: number): Promise<void>;
  /** Closes the sending half. */
  end(handle: number): Promise<void>;
  /** Closes both halves. */
  close(handle: number): Promise<void>;
  /** Waits until the connection is over; returns the error that ended it, or `closed`. */
  ended(handle: number): Promise<string>;
  connections(ports: readonly PortRange[], includeLoopback: boolean): Promise<ConnectionCount>;
  destroy(ports: readonly PortRange[], includeLoopback: boolean): Promise<DestroyResult>;
}

const addon = loadAddon();
const sockets: net.Socket[] = [];
const endings = new Map<net.Socket, string>();
const accepted: number[] = [];
const acceptances = new EventEmitter();

function keep(socket: net.Socket): number {
  socket.on('error', (error: NodeJS.ErrnoException) => endings.set(socket, error.code ?? error.message));
  socket.on('close', () => endings.has(socket) || endings.set(socket, 'closed'));
  return sockets.push(socket) - 1;
}

const calls: PeerCalls = {
  async listen(port, host) {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      accepted.push(keep(socket));
      acceptances.emit('accepted');
    });
    server.listen({ port, host, backlog: 1024 });
    await once(server, 'listening');
  },
  async connect(port, host, count) {
    const first = sockets.length;
    for (let i = 0; i < count; i++) {
      const socket = net.connect({ port, host, allowHalfOpen: true });
      keep(socket);
      await once(socket, 'connect');
    }
    return first;
  },
  async beginConnect(port, host) {
    return keep(net.connect({ port, host, allowHalfOpen: true }));
  },
  async accepted(count) {
    while (accepted.length < count) await once(acceptances, 'accepted');
    return accepted[count - 1]!;
  },
  async send(handle) {
    await new Promise((resolve) => sockets[handle]!.write('x', resolve));
  },
  async received(handle) {
    await once(sockets[handle]!, 'data');
    sockets[handle]!.pause();
  },
  async end(handle) {
    sockets[handle]!.end();
  },
  async close(handle) {
    sockets[handle]!.destroy();
  },
  async ended(handle) {
    const socket = sockets[handle]!;
    socket.resume();
    while (!endings.has(socket) || !socket.closed)
      await new Promise((resolve) => socket.once('close', resolve));
    return endings.get(socket)!;
  },
  async connections(ports, includeLoopback) {
    return toConnectionCount(await addon.connections(toPortBounds(ports), includeLoopback));
  },
  async destroy(ports, includeLoopback) {
    return addon.destroy(toPortBounds(ports), includeLoopback);
  },
};

interface Request {
  readonly id: number;
  readonly call: keyof PeerCalls;
  readonly args: never[];
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

process.on('message', ({ id, call, args }: Request) => {
  (calls[call] as (...args: never[]) => Promise<unknown>)(...args).then(
    (value) => process.send?.({ id, value }),
    (error: Error) => process.send?.({ id, error: error.message }),
  );
});
