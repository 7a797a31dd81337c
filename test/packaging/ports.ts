// The drained ports of a guest as its client finds them: open, closed, or closed without a break.
import assert from 'node:assert/strict';
import { expectAccepted, expectRefused } from '../e2e/packets/attempts.ts';
import { HOST, SERVED } from '../e2e/packets/network.ts';
import { tally } from '../e2e/packets/open-windows.ts';
import type { Attempt } from '../fixtures/endpoint-program.ts';
import { Conversation } from '../fixtures/endpoint.ts';
import type { Guest } from './guest.ts';

/** Served, drained, and probed over IPv4: the client loses its other addresses with the cable. */
const PROBED = [SERVED.web, SERVED.tls].map((port) => ({ host: HOST.v4, port }));
/** What the agents of these tests drain, as their configuration has it. */
export const DRAINED = [...PROBED.map(({ port }) => port), '8000-8010'];
const UNDRAINED = { host: HOST.v4, port: SERVED.other };

export class Ports {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  async isClosed(): Promise<boolean> {
    const attempts = await this.#guest.network.client.call('attempt', PROBED);
    return attempts.every(({ outcome }) => outcome === 'ECONNREFUSED');
  }

  /** SYNs to the drained ports are refused, those to another port accepted. */
  async expectClosed(): Promise<void> {
    await expectRefused(this.#guest.network.client, PROBED);
    await expectAccepted(this.#guest.network.client, [UNDRAINED]);
  }

  async expectOpen(): Promise<void> {
    await expectAccepted(this.#guest.network.client, [...PROBED, UNDRAINED]);
  }

  /** An established connection to a port that is drained, or will be. */
  converse(): Promise<Conversation> {
    return Conversation.open(this.#guest.network.client, PROBED[0]!, this.#guest.network.host);
  }

  /** Does something while the client tries the drained ports every few milliseconds: each attempt is refused. */
  async keepsClosedDuring(action: () => Promise<unknown>): Promise<readonly Attempt[]> {
    const { client } = this.#guest.network;
    await client.call('startProbe', PROBED, 1);
    let attempts: readonly Attempt[];
    try {
      await client.call('probed', 20);
      await action();
      await client.call('probed', 20);
    } finally {
      attempts = await client.call('stopProbe');
    }
    assert.deepEqual(Object.keys(tally(attempts)), ['ECONNREFUSED'], JSON.stringify(tally(attempts)));
    return attempts;
  }
}
