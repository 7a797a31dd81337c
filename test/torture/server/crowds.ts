// More connections than anyone needs: they cost little, the others are served, and at the end of what there is newcomers are
// refused at once.
import type { Socket } from 'node:net';
import { attack, type Attack, type ServerRow } from './attack.ts';
import { open } from './raw-exchange.ts';
import { PATIENCE_MS, pause } from './server-process.ts';
import { ask } from './steady-client.ts';

const IDLE = 10_000;
/** Beyond what the server takes at a time. */
const MAX_CONNECTIONS = 12_000;
const AT_ONCE = 200;
/** Addresses of the loopback interface that connections come from. */
const SOURCES = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];

/** Connections that nobody says anything on, from several addresses. */
async function crowd(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) =>
      open(port, SOURCES[(first + index) % SOURCES.length]),
    );
    sockets.push(...(await Promise.all(some)));
  }
  for (const socket of sockets) socket.resume();
  return sockets;
}

/**
 * Each has had one answer, at once, and is then kept by the server for a minute and more: one on which nothing was said yet would
 * end after ten seconds, before the last ones have come.
 */
async function idle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const request = 'GET /v1/metadata HTTP/1.1\r\nHost: a\r\n\r\n';
  for (let first = 0; first < count; first += AT_ONCE) {
    const some = await crowd(port, Math.min(AT_ONCE, count - first));
    await Promise.all(some.map((socket) => answered(socket, request)));
    sockets.push(...some);
  }
  return sockets;
}

/** Or turned away, which may have been at once. */
function answered(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed || socket.readableEnded) return resolve();
    socket.once('data', () => resolve()).once('close', () => resolve());
    socket.write(request);
  });
}

function leave(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

const openOf = (sockets: readonly Socket[]) =>
  sockets.filter((socket) => !socket.closed && !socket.readableEnded).length;

const tenThousand: Attack = async ({ server, steady }, times) => {
  const broken: string[] = [];
  for (let round = 0; round < times; round += 1) {
    const sockets = await idle(server.port, IDLE);
    await steady.more(20);
    const held = openOf(sockets);
    if (held < IDLE) broken.push(`only ${held} of ${IDLE} connections were held`);
    leave(sockets);
  }
  return { tries: times, broken, recoveryMs: null };
};

/** From the moment that the crowd leaves until a newcomer is served. */
async function recovery(port: number, leave: () => void): Promise<number> {
  leave();
  const startedMs = performance.now();
  while (performance.now() - startedMs < PATIENCE_MS) {
    const status = await ask(port, 'GET', '/configuration/steady').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) break;
    await pause(20);
  }
  return Math.round(performance.now() - startedMs);
}

const beyondTheLimit: Attack = async ({ server, steady }, times) => {
  const broken: string[] = [];
  let recoveryMs = 0;
  for (let round = 0; round < times; round += 1) {
    const sockets = await idle(server.port, MAX_CONNECTIONS + 500);
    await pause(500);
    const held = openOf(sockets);
    if (held > MAX_CONNECTIONS) broken.push(`${held} connections were held, more than ${MAX_CONNECTIONS}`);
    await steady.more(10);
    recoveryMs = Math.max(recoveryMs, await recovery(server.port, () => leave(sockets)));
  }
  if (!(await server.said(/refused a connection.*12000 are open/))) broken.push('nobody was told');
  return { tries: times, broken, recoveryMs };
};

/** With so few descriptors, of which the server needs some thirty for itself. */
const DESCRIPTORS = 64;

const outOfDescriptors: Attack = async ({ server, steady }, times) => {
  const broken: string[] = [];
  let recoveryMs = 0;
  for (let round = 0; round < times; round += 1) {
    const sockets = await crowd(server.port, 2 * DESCRIPTORS);
    await steady.more(10);
    const { status } = await ask(server.port, 'GET', '/configuration/steady').catch(() => ({ status: 0 }));
    if (status !== 0 && status !== 200 && status !== 503) broken.push(`a newcomer was answered ${status}`);
    const tookMs = await recovery(server.port, () => leave(sockets));
    if (tookMs > PATIENCE_MS) broken.push(`no newcomer was served ${tookMs} ms after the others had left`);
    recoveryMs = Math.max(recoveryMs, tookMs);
  }
  return { tries: times, broken, recoveryMs };
};

export const CROWD_ROWS: readonly ServerRow[] = [
  attack('10,000 idle connections', 2, tenThousand),
  attack('more connections than the limit', 1, beyondTheLimit, { isAlone: true }),
  attack('out of file descriptors', 5, outOfDescriptors, {
    wrapper: ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`],
    isAlone: true,
  }),
];
