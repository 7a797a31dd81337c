// A request as the listener hands it over, and what answers it: the gateway and the queue are each one.
import type { ReceivedRequest } from '../../aws/sigv4/verify.ts';

/** A request and, where it came over a socket, the address it came from. */
export type ArrivedRequest = ReceivedRequest & { readonly peerAddress?: string | undefined };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Answers one request; rejects only on a fault of the server's own. */
export type HandleRequest = (request: ArrivedRequest) => Promise<Answer>;
