// An https agent that keeps no connection to a proxy which made no tunnel of it: Node.js leaves them open, one a request.
import type { ClientRequestArgs } from 'node:http';
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** As long as the longest poll waits. */
const TUNNEL_TIMEOUT_MS = 10_000;

type OnCreated = (error: Error | null, socket: Duplex) => void;

export class TunnellingAgent extends Agent {
  override createConnection(options: ClientRequestArgs, callback?: OnCreated): Duplex | null | undefined {
    let timer: NodeJS.Timeout | undefined;
    const connection = super.createConnection(options, (error, socket) => {
      clearTimeout(timer);
      if (error) connection?.destroy();
      callback?.(error, socket);
    });
    // One to the server itself, which its request ends. One to a proxy over TLS looks like it: that proxy has to end it.
    if (connection instanceof TLSSocket) return connection;
    timer = setTimeout(() => connection?.destroy(), TUNNEL_TIMEOUT_MS).unref();
    return connection;
  }
}
