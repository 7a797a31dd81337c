// Holds a lease at the client's end: one connection, open for as long as the lease lasts.
import type { IncomingMessage } from 'node:http';
import { AgentNotRunning, ControlFailure } from './control-errors.ts';
import { linesOf, openControl, parsed, refuse } from './control-request.ts';
import { type LeaseEvent, type LeaseRequest, PATHS } from './protocol.ts';

export type InForce = Extract<LeaseEvent, { event: 'in-force' }>;
export type Ended = Extract<LeaseEvent, { event: 'ended' }>;

export interface Holding {
  /** Gives the lease back when it aborts. */
  readonly release: AbortSignal;
  readonly onInForce: (event: InForce) => void;
}

const ANSWER_MS = 10_000;

/** For the agent to confirm that a lease that was given back has ended. */
const CONFIRM_MS = 5_000;

/**
 * Holds a lease until its time is over or it is given back and the agent has confirmed that. Throws `AgentNotRunning`, also when
 * the agent ends meanwhile; `ControlRefused`, with `lease-held` when another one is in force; and `ControlFailure`.
 */
export async function holdLease(
  runtimeDir: string,
  request: LeaseRequest,
  { release, onInForce }: Holding,
): Promise<Ended> {
  const response = await openControl({
    runtimeDir,
    method: 'POST',
    path: PATHS.lease,
    body: request,
    timeoutMs: ANSWER_MS,
  });
  if (response.statusCode !== 200) return refuse(response);
  const confirmation = new Confirmation(response, runtimeDir);
  const giveBack = (): void => confirmation.giveBack();
  release.addEventListener('abort', giveBack, { once: true });
  if (release.aborted) giveBack();
  try {
    for await (const line of linesOf(response)) {
      const event = parsed(line) as LeaseEvent;
      if (event.event === 'ended') {
        if (event.why === 'agent') break;
        return event;
      }
      onInForce(event);
      confirmation.isInForce(event.id);
    }
  } catch (error) {
    if (!(error instanceof ControlFailure) || error.code !== 'interrupted') throw error;
  } finally {
    release.removeEventListener('abort', giveBack);
    confirmation.close();
  }
  throw new AgentNotRunning('the agent has ended');
}

/** Giving a lease back: asked for as soon as its id is known, and not waited for longer than bearable. */
class Confirmation {
  readonly #response: IncomingMessage;
  readonly #runtimeDir: string;
  #id: string | null = null;
  #deadline: NodeJS.Timeout | null = null;

  constructor(response: IncomingMessage, runtimeDir: string) {
    this.#response = response;
    this.#runtimeDir = runtimeDir;
  }

  isInForce(id: string): void {
    this.#id = id;
    if (this.#deadline !== null) this.#ask();
  }

  giveBack(): void {
    this.#deadline = setTimeout(() => {
      // With the connection ends the lease.
      this.#response.destroy(new ControlFailure('silent', `no confirmation within ${CONFIRM_MS / 1000} s`));
    }, CONFIRM_MS);
    this.#ask();
  }

  close(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#response.destroy();
  }

  #ask(): void {
    if (this.#id === null) return;
    const path = `${PATHS.lease}/${this.#id}`;
    // The lease's own connection tells how it ended, whatever becomes of this one.
    openControl({ runtimeDir: this.#runtimeDir, method: 'DELETE', path, timeoutMs: CONFIRM_MS }).then(
      (response) => response.resume(),
      () => {},
    );
  }
}
