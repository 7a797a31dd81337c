// `POST /v1/lease`: an answer that lasts as long as the lease. Its connection's end ends the lease; the lease's end ends it.
import type { ServerResponse } from 'node:http';
import type { StatusLease } from '../observe/status-document.ts';
import { holderInWords, leaseStatus } from '../observe/status-lease.ts';
import type { ControlScene } from './control-subject.ts';
import { answerWith, endOf, finish, Refused } from './exchange.ts';
import type { HeldLease } from './leases.ts';
import { type Effect, type LeaseEvent, parseLeaseRequest } from './protocol.ts';

/** Puts the lease in force, says when it is, and resolves when it has ended. Throws `ProtocolError` and `Refused`. */
export async function answerLease(
  response: ServerResponse,
  body: string,
  scene: ControlScene,
): Promise<void> {
  const { leases } = scene;
  const request = parseLeaseRequest(body);
  const held = leases.begin(request);
  if (held === null) throw heldByAnother(leases.held);
  endWithConnection(held, response);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
  await tellInForce(held, response, scene);
  const why = await held.ended;
  // Nobody is left to be told.
  if (why === 'connection') return;
  const effect = why === 'agent' ? null : await effectAfter(held, response, scene);
  finish(response, line({ event: 'ended', why, effect }));
}

/** `DELETE /v1/lease/ID`: gives the lease back, and answers when that is done. Throws `Refused`. */
export async function answerLeaseEnd(
  response: ServerResponse,
  id: string,
  scene: ControlScene,
): Promise<void> {
  const { held } = scene.leases;
  if (held === null || held.id !== id) throw new Refused(404, 'not-found', 'no such lease is in force');
  held.end('released');
  answerWith(response, 200, { ended: await effectAfter(held, response, scene) });
}

function heldByAnother(held: HeldLease | null): Refused {
  const lease = held === null ? null : leaseStatus(held.lease);
  const message = lease === null ? 'another lease is in force' : inForce(lease);
  return new Refused(409, 'lease-held', message, lease);
}

/** `override closed until 2026-01-02T03:04:05.000Z (reason) is in force, held by pid 508 (root, pts/2): Ctrl-C there, or kill 508`. */
function inForce({ kind, verdict, state, reason, until, holder }: StatusLease): string {
  const why = reason === null ? '' : ` (${reason})`;
  const lease = `${kind} ${verdict ?? state} until ${until}${why} is in force`;
  if (holder === null) return lease;
  const atTerminal = holder.terminal === null ? '' : 'Ctrl-C there, or ';
  return `${lease}, held by ${holderInWords(holder)}: ${atTerminal}kill ${holder.pid}`;
}

function endWithConnection(held: HeldLease, response: ServerResponse): void {
  const end = (): void => held.end('connection');
  const { socket } = response;
  // A client that will send no more has hung up, even where it would still read.
  if (socket === null || socket.destroyed || socket.readableEnded) end();
  socket?.on('end', end);
  response.on('close', end);
}

/** Once the agent acts by it; not at all when it ends before. */
async function tellInForce(held: HeldLease, response: ServerResponse, scene: ControlScene): Promise<void> {
  const isActing = await scene.summaries.until(({ state }) => state.lease === held.lease, held.over);
  if (!isActing) return;
  const effect = await effectNow(scene);
  response.write(line({ event: 'in-force', id: held.id, lease: leaseStatus(held.lease), effect }));
}

/** What the kernel says once the agent no longer acts by the lease. */
async function effectAfter(held: HeldLease, response: ServerResponse, scene: ControlScene): Promise<Effect> {
  await scene.summaries.until(({ state }) => state.lease !== held.lease, endOf(response).signal);
  return effectNow(scene);
}

/** What the kernel says; that it cannot be asked is no reason to end a lease. */
async function effectNow({ subject }: ControlScene): Promise<Effect> {
  try {
    const { firewall, drain } = await subject.status();
    const { refusing, problem } = firewall;
    const ports = firewall.ports.map(({ range }) => range);
    return { refusing, ports, refusesAt: drain?.refusesAt ?? null, problem };
  } catch (error) {
    return { refusing: null, ports: [], refusesAt: null, problem: (error as Error).message };
  }
}

function line(event: LeaseEvent): string {
  return `${JSON.stringify(event)}\n`;
}
