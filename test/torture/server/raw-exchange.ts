// Bytes to a port and what comes back, until the other side has had enough or the patience is over.
import { connect, type Socket } from 'node:net';
import { PATIENCE_MS, pause } from './server-process.ts';

export interface RawOutcome {
  /** Of every answer that came, in order. */
  readonly statuses: readonly number[];
  readonly text: string;
  /** Whether the server ended the connection. */
  readonly isClosed: boolean;
  readonly elapsedMs: number;
}

export interface RawOptions {
  /** How long an end is waited for. */
  readonly patienceMs?: number;
  /** Enough, whether closed or not. */
  readonly isEnough?: (text: string) => boolean;
  readonly localAddress?: string;
}

/** Writes the pieces one after the other, each once the system has taken the one before. */
export async function exchange(
  port: number,
  pieces: Iterable<Buffer | string>,
  { patienceMs = PATIENCE_MS, isEnough = () => false, localAddress }: RawOptions = {},
): Promise<RawOutcome> {
  const startedMs = performance.now();
  const socket = await open(port, localAddress);
  let text = '';
  let isClosed = socket.destroyed;
  let isOver = isClosed;
  const over = Promise.withResolvers<void>();
  void over.promise.then(() => {
    isOver = true;
  });
  const close = () => {
    isClosed = true;
    over.resolve();
  };
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (isEnough(text)) over.resolve();
  });
  socket.on('error', close).on('end', close).on('close', close);
  const timer = setTimeout(over.resolve, patienceMs);
  for (const piece of pieces) {
    if (isOver) break;
    const data = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    // Whoever is not read any more waits for the end.
    if (!socket.write(data)) await Promise.race([drained(socket), over.promise]);
  }
  await over.promise;
  // What was sent with the end is read before it is told.
  if (isClosed) await pause(5);
  clearTimeout(timer);
  socket.destroy();
  return { statuses: statusesIn(text), text, isClosed, elapsedMs: performance.now() - startedMs };
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
  });
}

/** Connected, and with its failures heard; throws when it cannot be. */
export function open(port: number, localAddress?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Of the answers in a stream of them. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
