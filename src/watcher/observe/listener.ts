// A server's listening socket that is kept open: an address that is taken, or not there yet, is tried again, and whoever
// holds connections for nothing loses them first.
import type { Server, Socket } from 'node:net';
import { connectionLimit } from './connection-limit.ts';

export interface TcpAddress {
  /** An IP address; `::` listens on all, IPv4 included. */
  readonly host: string;
  readonly port: number;
}

export interface Listener {
  /** Stops listening at once, lets answers under way go out for a moment, and ends what is left. */
  close(): Promise<void>;
}

/** Hears the lasting trouble of a listener, or null once it has none. */
export type TellTrouble = (problem: string | null) => void;

const RETRY_MS = 5_000;
const CLOSE_GRACE_MS = 500;

/**
 * Listens until closed. An address that cannot be listened on is lasting trouble, told and tried again every five seconds.
 * No more connections are held than the limit says: one more ends the oldest, so that idle ones never keep a balancer out.
 */
export function keepListening(server: Server, address: TcpAddress, onTrouble: TellTrouble): Listener {
  const maxConnections = connectionLimit();
  const open = new Set<Socket>();
  let retry: NodeJS.Timeout | null = null;
  let isClosed = false;
  let isTroubled = false;
  let { host } = address;
  const listen = () => server.listen({ host, port: address.port });
  const recovered = () => {
    if (isTroubled) onTrouble(null);
    isTroubled = false;
  };

  server.on('listening', () => {
    // Closed before the address was looked at.
    if (isClosed) server.close();
    else recovered();
  });
  server.on('connection', (socket) => {
    recovered();
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Whoever goes away in the middle has no answer to wait for.
    socket.on('error', () => {});
    const [oldest] = open;
    if (open.size > maxConnections) oldest?.destroy();
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (isClosed) return;
    // A kernel without IPv6: every address is every IPv4 address.
    if (error.code === 'EAFNOSUPPORT' && host === '::') {
      host = '0.0.0.0';
      listen();
      return;
    }
    isTroubled = true;
    onTrouble(`${formatAddress(address)}: ${explained(error)}`);
    // A connection that could not be accepted leaves the socket listening.
    if (!server.listening) retry = setTimeout(listen, RETRY_MS);
  });
  listen();

  return {
    close: () =>
      new Promise((resolve) => {
        isClosed = true;
        if (retry !== null) clearTimeout(retry);
        const endAll = setTimeout(() => {
          for (const socket of open) socket.destroy();
        }, CLOSE_GRACE_MS);
        // Calls back with an error when it never listened: that is closed too.
        server.close(() => {
          clearTimeout(endAll);
          resolve();
        });
      }),
  };
}

/** As `--health-listen` takes it. */
function formatAddress({ host, port }: TcpAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function explained({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there; tried again every 5 s';
    case 'EADDRNOTAVAIL':
      return 'no interface of this host has that address; tried again every 5 s';
    case 'EACCES':
      return 'ports below 1024 need CAP_NET_BIND_SERVICE; tried again every 5 s';
    default:
      return message;
  }
}
