// Everything a client does in the demo, in the clients' namespace: takes one JSON command a line, answers one JSON event a line.
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { ClientCommand, ClientEvent, Knock, Target } from './client-protocol.ts';
import { DOWNLOAD_CHUNKS, downloadChunk } from './download.ts';

const held = new Map<string, Socket>();
const agent = new Agent({ keepAlive: true, maxSockets: 20 });

function tell(event: ClientEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Reads the whole download and compares every byte. */
function download(url: string): void {
  const parts: Buffer[] = [];
  // A connection of its own, closed after the last byte.
  get(url, { agent: false }, (response) => {
    tell({ event: 'download-began' });
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('end', () => {
      const expected = Buffer.concat(
        Array.from({ length: DOWNLOAD_CHUNKS }, (_, index) => downloadChunk(index)),
      );
      tell({ event: 'download-ended', whole: Buffer.concat(parts).equals(expected) });
    });
    response.on('error', () => tell({ event: 'download-ended', whole: false }));
  }).on('error', () => tell({ event: 'download-ended', whole: false }));
}

/** Opens a connection and says nothing on it. */
function hold(name: string, target: Target): void {
  const socket = connect(target.port, target.host, () => tell({ event: 'held', name }));
  socket.on('error', () => tell({ event: 'answered', name, ok: false }));
  held.set(name, socket);
}

/** Sends a request on a connection held open, and waits for its answer. */
function ask(name: string): void {
  const socket = held.get(name) as Socket;
  socket.once('data', (data) =>
    tell({ event: 'answered', name, ok: data.toString('latin1').startsWith('HTTP/1.1 200') }),
  );
  socket.write('GET / HTTP/1.1\r\nhost: demo\r\n\r\n');
}

function release(name: string): void {
  held.get(name)?.end();
  held.delete(name);
}

function knock(target: Target): Promise<Knock> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect(target.port, target.host);
    const end = (outcome: string): void => {
      socket.destroy();
      resolve({ target, outcome, ms: performance.now() - startedMs });
    };
    socket.setTimeout(3_000, () => end('no answer'));
    socket.on('connect', () => end('accepted'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'refused' : String(error.code)),
    );
  });
}

/** Steady requests; every quarter second tells who served them and how many failed. */
function load(url: string, perSecond: number): void {
  let counts = { a: 0, b: 0, failed: 0 };
  setInterval(() => {
    get(url, { agent, timeout: 5_000 }, (response) => {
      const by = response.headers['x-served-by'];
      if (response.statusCode === 200 && (by === 'a' || by === 'b')) counts[by] += 1;
      else counts.failed += 1;
      response.resume();
    }).on('error', () => {
      counts.failed += 1;
    });
  }, 1_000 / perSecond);
  setInterval(() => {
    tell({ event: 'served', ...counts });
    counts = { a: 0, b: 0, failed: 0 };
  }, 250);
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as ClientCommand;
  switch (command.do) {
    case 'download':
      download(command.url);
      break;
    case 'hold':
      hold(command.name, command.target);
      break;
    case 'ask':
      ask(command.name);
      break;
    case 'release':
      release(command.name);
      break;
    case 'knock':
      tell({ event: 'knocked', knocks: await Promise.all(command.targets.map(knock)) });
      break;
    case 'load':
      load(command.url, command.perSecond);
  }
}
process.exit(0);
