// What stands where the API's address leads: a connection, then TLS, then HTTP, each of which can be made to fail while it runs.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { NamespaceListener } from '../../e2e/agent/namespace-listener.ts';
import type { Reply } from '../../e2e/agent/scripted-api.ts';

/** What every certificate but that of another host is for. */
export const API_HOST = 'api.test';
const FIXTURES = join(import.meta.dirname, 'fixtures');
/** The one certificate that a client is to trust is its own authority, the expired one and that of another host too. */
export const CERTIFICATES = ['valid', 'expired', 'other-host'] as const;

export type Certificate = (typeof CERTIFICATES)[number];
/** What becomes of a new connection before a byte is read. */
export type OnConnection = (socket: Socket) => void;

export class SecureFront {
  readonly port: number;
  /** With the stage and a slash. */
  readonly url: string;
  reply: Reply;
  connections = 0;
  requests = 0;
  /** Undefined: TLS and HTTP as they should be. */
  onConnection: OnConnection | undefined;
  readonly #https: Server;
  readonly #sockets = new Set<Socket>();

  constructor({ port, socket: listener }: NamespaceListener, reply: Reply) {
    this.port = port;
    this.url = `https://${API_HOST}:${port}/v1/`;
    this.reply = reply;
    this.#https = createServer(
      { ...identity('valid'), keepAliveTimeout: 75_000 },
      (request: IncomingMessage, response: ServerResponse) => {
        this.requests += 1;
        this.reply(request, response);
      },
    );
    listener.on('connection', (socket) => this.accept(socket));
  }

  /** Takes a connection that came some other way, such as through a proxy. */
  accept(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    if (this.onConnection === undefined) this.#https.emit('connection', socket);
    else this.onConnection(socket);
  }

  /** Shows this certificate from the next handshake on. */
  show(certificate: Certificate): void {
    this.#https.setSecureContext(identity(certificate));
  }

  /** Ends every connection, so that the next request needs a new one. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As `drop`, with a RST. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.drop();
    this.#https.close();
  }
}

/** A PEM bundle in which a client finds all three. */
export function trustBundle(): string {
  return CERTIFICATES.map((name) => identity(name).cert).join('');
}

function identity(name: Certificate): { readonly cert: string; readonly key: string } {
  const read = (file: string) => readFileSync(join(FIXTURES, file), 'utf8');
  return { cert: read(`${name}.cert.pem`), key: read('api.key.pem') };
}
