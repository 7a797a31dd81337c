// This host's clock against that of the servers, by the dates of the answers that come anyway.
import type { SignedHttp } from '../../../aws/signed-http.ts';

export interface ClockReading {
  /** How far the server's clock is ahead of this host's; good to about a second. */
  readonly aheadMs: number;
  readonly host: string;
}

export interface ObservedClock {
  /** The same client, watched. */
  readonly http: SignedHttp;
  readonly first: () => ClockReading | null;
  /** The host of the latest answer of the Interaction API. */
  readonly lastHost: () => string | null;
}

/** A `Date` header has whole seconds, cut off: on average its moment was half a second later. */
const CUT_OFF_MS = 500;

/** Watches the answers of a client. */
export function observeClock(http: SignedHttp, now: () => number = Date.now): ObservedClock {
  let first: ClockReading | null = null;
  let lastHost: string | null = null;
  return {
    first: () => first,
    lastHost: () => lastHost,
    http: {
      ...http,
      async send(request, limits) {
        const sentMs = now();
        const answer = await http.send(request, limits);
        if (request.scope.service === 'execute-api') lastHost = request.url.host;
        const serverMs = Date.parse(answer.headers.date ?? '');
        if (!Number.isNaN(serverMs)) {
          const middleMs = (sentMs + now()) / 2;
          first ??= { aheadMs: serverMs + CUT_OFF_MS - middleMs, host: request.url.host };
        }
        return answer;
      },
    },
  };
}
