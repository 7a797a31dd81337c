// The client: new connections and what becomes of each, and connections that are held open across the whole drain.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Attempt, Outcome } from './attempts.ts';
import { within } from './within.ts';

/** Below the first retransmission of a SYN (1 s): what is answered by then was an answer to the first. */
const ANSWER_DEADLINE_MS = 900;

/** Between two rounds, so that the processor is left to what is being watched. */
const PAUSE_MS = 5;

/** Opens one connection, and resets it when it was accepted so that it leaves nothing behind on either side. */
export async function attempt(address: string, port: number): Promise<Attempt> {
  const startedMs = performance.now();
  const socket = connect({ host: address, port });
  const outcome = await within(ANSWER_DEADLINE_MS, 'an answer', once(socket, 'connect')).then(
    (): Outcome => 'accepted',
    (error: NodeJS.ErrnoException): Outcome => (error.code === 'ECONNREFUSED' ? 'refused' : 'silent'),
  );
  const endedMs = performance.now();
  socket.on('error', () => {});
  if (outcome === 'accepted') socket.resetAndDestroy();
  else socket.destroy();
  return { address, outcome, startedMs, endedMs };
}

/** Tries the addresses in turn until it is stopped. */
export class SteadyAttempts {
  readonly #attempts: Attempt[] = [];
  readonly #addresses: readonly string[];
  readonly #port: number;
  #done: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(addresses: readonly string[], port: number) {
    this.#addresses = addresses;
    this.#port = port;
  }

  /** Resolves when every address was tried once, so that what happens next has a before. */
  static async begin(addresses: readonly string[], port: number): Promise<SteadyAttempts> {
    const steady = new SteadyAttempts(addresses, port);
    await steady.#round();
    steady.#done = steady.#run();
    return steady;
  }

  /** All attempts, the last round begun after this call so that what happened before it has an after. */
  async stop(): Promise<readonly Attempt[]> {
    this.#stopped = true;
    await this.#done;
    await this.#round();
    return this.#attempts;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#round();
      await setTimeout(PAUSE_MS);
    }
  }

  async #round(): Promise<void> {
    for (const address of this.#addresses) this.#attempts.push(await attempt(address, this.#port));
  }
}

/** A connection with a user at its other end. */
export class HeldConnection {
  readonly address: string;
  readonly #socket: Socket;
  #lines = 0;

  private constructor(address: string, socket: Socket) {
    this.address = address;
    this.#socket = socket;
  }

  static async open(address: string, port: number): Promise<HeldConnection> {
    const socket = connect({ host: address, port });
    await within(5_000, `a connection to ${address}`, once(socket, 'connect'));
    // An error shows at the next exchange.
    socket.on('error', () => {});
    return new HeldConnection(address, socket);
  }

  /** Sends a line and gets it back; throws when that does not happen. */
  async exchange(): Promise<void> {
    this.#lines += 1;
    const line = `line ${this.#lines}\n`;
    const arrived = once(this.#socket, 'data');
    this.#socket.write(line);
    const [data] = (await within(5_000, `the echo on ${this.address}`, arrived)) as [Buffer];
    if (data.toString() !== line) throw new Error(`${this.address}: sent ${line}, got ${data}`);
  }
}
