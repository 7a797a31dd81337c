// Sends requests at a fixed rate over kept-alive connections, whatever the server does: the time of each answer counts from
// when its request was due, so that a stall is seen by every request that it delayed.
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly ratePerSecond: number;
  readonly durationMs: number;
  readonly connections: number;
  /** The bytes of the nth request. */
  readonly request: (index: number) => Buffer;
}

export interface LoadResult {
  readonly sent: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** From due to answered, in milliseconds, in ascending order. */
  readonly latenciesMs: readonly number[];
  /** From the first request due to the last answer. */
  readonly elapsedMs: number;
}

const answerDeadlineMs = 30_000;

/** Resolves when every request is answered; rejects when a connection breaks or an answer takes over 30 s. */
export async function runOpenLoop(options: LoadOptions): Promise<LoadResult> {
  const { port, ratePerSecond, durationMs, connections, request } = options;
  const total = Math.floor((ratePerSecond * durationMs) / 1000);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const idle = [...sockets];
  const waiting: number[] = [];
  const latenciesMs: number[] = [];
  const statuses = new Map<number, number>();
  const dueMs = (index: number) => (index * 1000) / ratePerSecond;
  const startMs = performance.now();
  let lastMs = startMs;

  await new Promise<void>((resolve, reject) => {
    const end = setTimeout(() => reject(new Error('answers are missing')), durationMs + answerDeadlineMs);
    const send = (socket: Socket, index: number) => {
      let head = '';
      const onData = (chunk: Buffer) => {
        head += chunk.toString('latin1');
        const body = head.indexOf('\r\n\r\n');
        if (body < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        if (head.length < body + 4 + length) return;
        socket.off('data', onData);
        const status = Number(head.slice(9, 12));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        lastMs = performance.now();
        latenciesMs.push(lastMs - startMs - dueMs(index));
        const next = waiting.shift();
        if (next === undefined) idle.push(socket);
        else send(socket, next);
        if (latenciesMs.length === total) {
          clearTimeout(end);
          resolve();
        }
      };
      socket.on('data', onData);
      socket.write(request(index));
    };
    for (const socket of sockets) {
      socket.once('close', () => reject(new Error('a connection was closed')));
      socket.on('error', reject);
    }
    let next = 0;
    const tick = () => {
      const now = performance.now() - startMs;
      for (; next < total && dueMs(next) <= now; next += 1) {
        const socket = idle.shift();
        if (socket === undefined) waiting.push(next);
        else send(socket, next);
      }
      if (next < total) setTimeout(tick, 1);
    };
    tick();
  });
  for (const socket of sockets) {
    socket.removeAllListeners('close');
    socket.destroy();
  }
  latenciesMs.sort((a, b) => a - b);
  return { sent: total, statuses, latenciesMs, elapsedMs: lastMs - startMs };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
