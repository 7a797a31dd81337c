// Clients that take their time: the server gives each its time, which is bounded, and serves the others meanwhile.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { attack, type Attack, type ServerRow } from './attack.ts';
import { KEYS } from './keys.ts';
import { open } from './raw-exchange.ts';
import { PATIENCE_MS, patience, pause } from './server-process.ts';
import { render, signed } from './signing.ts';
import { ask } from './steady-client.ts';

/** The server's own bounds, each with the interval at which it looks and what a busy machine adds. */
const HEADERS_MS = 10_000 + 5_000 + PATIENCE_MS;
const REQUEST_MS = 30_000 + 5_000 + PATIENCE_MS;
/** A byte of a slow client; the whole would take hours. */
const BYTE_MS = 250;
/** The one that it keeps, and the one that it may just be making. */
const STEADY_CONNECTIONS = 2;

/** Connections that send a byte now and then are all ended in time. */
function drip(head: string, boundMs: number, promised: number): Attack {
  return async ({ server }, times) => {
    const clients = await Promise.all(
      Array.from({ length: times }, () => dripOn(server.port, head, boundMs)),
    );
    const broken = clients.flatMap(({ isClosed, text }) => {
      if (!isClosed) return [`a connection was still open after ${boundMs} ms`];
      return text === '' || text.includes(` ${promised} `) ? [] : [`it was answered ${text.slice(0, 60)}`];
    });
    return { tries: times, broken, recoveryMs: null };
  };
}

async function dripOn(
  port: number,
  head: string,
  boundMs: number,
): Promise<{ isClosed: boolean; text: string }> {
  const socket = await open(port);
  const ended = endOf(socket);
  socket.write(head);
  const timer = setInterval(() => socket.write('a'), BYTE_MS);
  const isClosed = await within(ended.closed, boundMs);
  clearInterval(timer);
  socket.destroy();
  return { isClosed, text: ended.text() };
}

/** Big answers that nobody takes off the socket: they do not stay in memory for ever. */
const neverRead: Attack = async ({ server }, times) => {
  const value = 'x'.repeat(300_000);
  for (const index of [1, 2, 3, 4])
    await ask(server.port, 'POST', `/configuration/big${index}`, { body: value });
  const sockets = await Promise.all(
    Array.from({ length: times }, async () => {
      const socket = await open(server.port);
      socket.pause();
      const request = render(signed(KEYS.operator, { target: '/v1/configuration?raw=true' }));
      for (let count = 0; count < 20; count += 1) socket.write(request);
      return socket;
    }),
  );
  // Paused sockets do not see their end: what the server still holds is counted by itself.
  const deadlineMs = performance.now() + REQUEST_MS + PATIENCE_MS;
  while (connectionsTo(server.port) > STEADY_CONNECTIONS && performance.now() < deadlineMs) await pause(500);
  const left = connectionsTo(server.port) - STEADY_CONNECTIONS;
  for (const socket of sockets) socket.destroy();
  const broken = left > 0 ? [`${left} connections that read nothing were still open`] : [];
  return { tries: times, broken, recoveryMs: null };
};

const handshakeNeverEnds: Attack = async ({ server }, times) => {
  const clients = await Promise.all(
    Array.from({ length: times }, () =>
      dripOn(server.port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', HEADERS_MS),
    ),
  );
  const left = clients.filter(({ isClosed }) => !isClosed).length;
  return { tries: times, broken: left > 0 ? [`${left} connections were still open`] : [], recoveryMs: null };
};

/** Connections that the server has, by the kernel's own list. */
function connectionsTo(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const established = '01';
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address, , state]) => address?.endsWith(local) && state === established).length;
}

function endOf(socket: Socket): { readonly closed: Promise<void>; text(): string } {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('end', resolve).on('close', () => resolve());
  });
  return { closed, text: () => text };
}

async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  return Promise.race([promise.then(() => true), patience(ms).then(() => false)]);
}

const POST = 'POST /v1/configuration/a HTTP/1.1\r\nHost: a\r\n';

/** They wait more than they work: all at the same time. */
export const SLOW_ROWS: readonly ServerRow[] = [
  attack(
    'headers a byte at a time',
    200,
    drip('GET /v1/metadata HTTP/1.1\r\nHost: a\r\nX-A: ', HEADERS_MS, 408),
  ),
  attack('body a byte at a time', 200, drip(`${POST}Content-Length: 1000000\r\n\r\n`, REQUEST_MS, 408)),
  attack(
    'chunk a byte at a time',
    200,
    drip(`${POST}Transfer-Encoding: chunked\r\n\r\nfffff\r\n`, REQUEST_MS, 408),
  ),
  attack('answers never read', 50, neverRead),
  attack('TLS handshake a byte at a time', 200, handshakeNeverEnds, { isTls: true }),
];
