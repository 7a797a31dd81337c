// Requests that are too large, and lengths that are not true.
import { attack, type Attack, type ServerRow } from './attack.ts';
import { exchange, open, type RawOutcome } from './raw-exchange.ts';
import { PATIENCE_MS, pause } from './server-process.ts';

const MEBIBYTE = Buffer.alloc(1024 * 1024, 'a');
const POST = 'POST /v1/configuration/a HTTP/1.1\r\nHost: a\r\n';
const GET = 'GET /v1/metadata HTTP/1.1\r\nHost: a\r\n';

interface Oversized {
  readonly pieces: () => Iterable<Buffer | string>;
  readonly status: number;
}

/** A status that says so, and the end of the connection; a client that is still sending may see its end alone. */
const TOO_LARGE: Readonly<Record<string, Oversized>> = {
  'a header of 1 MiB': { pieces: () => [`${GET}X-A: `, MEBIBYTE, '\r\n\r\n'], status: 431 },
  'ten thousand headers': { pieces: () => [GET, 'X-A: b\r\n'.repeat(10_000), '\r\n'], status: 431 },
  'headers without an end': {
    pieces: () => endless(GET, Buffer.from('X-A: b\r\n'.repeat(1_000))),
    status: 431,
  },
  'a target of 1 MiB': { pieces: () => ['GET /v1/', MEBIBYTE, ' HTTP/1.1\r\nHost: a\r\n\r\n'], status: 431 },
  'a query of 1 MiB': {
    pieces: () => ['GET /v1/metadata?', MEBIBYTE, ' HTTP/1.1\r\nHost: a\r\n\r\n'],
    status: 431,
  },
  'an Authorization of 1 MiB': { pieces: () => [`${GET}Authorization: `, MEBIBYTE, '\r\n\r\n'], status: 431 },
  'a byte more than 1 MiB': { pieces: () => [announced(MEBIBYTE.length + 1), MEBIBYTE, 'b'], status: 413 },
  'a body of 20 MiB': { pieces: () => [announced(20 * MEBIBYTE.length), ...copies(20)], status: 413 },
  '10 GB announced, and sent': { pieces: () => endless(announced(10_000_000_000), MEBIBYTE), status: 413 },
  'chunks without an end': {
    pieces: () => endless(`${POST}Transfer-Encoding: chunked\r\n\r\n`, chunk(MEBIBYTE)),
    status: 413,
  },
  'chunks of a byte without an end': {
    pieces: () =>
      endless(`${POST}Transfer-Encoding: chunked\r\n\r\n`, Buffer.from('1\r\na\r\n'.repeat(10_000))),
    status: 413,
  },
  'chunk extensions without an end': {
    pieces: () => endless(`${POST}Transfer-Encoding: chunked\r\n\r\n1;a=`, MEBIBYTE),
    status: 413,
  },
  'trailers without an end': {
    pieces: () =>
      endless(
        `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n`,
        Buffer.from('X-A: b\r\n'.repeat(1_000)),
      ),
    status: 431,
  },
};

const tooLarge: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  for (let round = 0; round < times; round += 1) {
    for (const [name, { pieces, status }] of Object.entries(TOO_LARGE)) {
      const outcome = await exchange(server.port, pieces());
      const told = outcome.statuses.join() || 'nothing';
      if (!outcome.isClosed) broken.push(`${name}: the connection stays open, answered ${told}`);
      // A reset, as data was on its way, takes the answer with it.
      else if (outcome.statuses.some((one) => one !== status)) broken.push(`${name}: answered ${told}`);
    }
  }
  return { tries: times * Object.keys(TOO_LARGE).length, broken, recoveryMs: null };
};

/** None of them is a request that can be understood. */
const LYING_LENGTHS: Readonly<Record<string, string>> = {
  negative: 'Content-Length: -1\r\n\r\n',
  'with a sign': 'Content-Length: +5\r\n\r\nabcde',
  hexadecimal: 'Content-Length: 0x5\r\n\r\nabcde',
  'with a fraction': 'Content-Length: 5.0\r\n\r\nabcde',
  'no number': 'Content-Length: five\r\n\r\nabcde',
  empty: 'Content-Length: \r\n\r\nabcde',
  'beyond 64 bits': `Content-Length: ${'9'.repeat(40)}\r\n\r\nabcde`,
  'two of them': 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
  'the same twice': 'Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde',
  'a list': 'Content-Length: 5, 5\r\n\r\nabcde',
  'a chunk of no number': 'Transfer-Encoding: chunked\r\n\r\nzz\r\nabcde\r\n0\r\n\r\n',
  'a negative chunk': 'Transfer-Encoding: chunked\r\n\r\n-1\r\nabcde\r\n0\r\n\r\n',
  'a chunk beyond 64 bits': `Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\nabcde\r\n0\r\n\r\n`,
  'a chunk longer than told': 'Transfer-Encoding: chunked\r\n\r\n2\r\nabcde\r\n0\r\n\r\n',
  'a chunk with a sign': 'Transfer-Encoding: chunked\r\n\r\n+5\r\nabcde\r\n0\r\n\r\n',
  'a chunk in hexadecimal form': 'Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n',
};

const lyingLengths: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  for (let round = 0; round < times; round += 1) {
    for (const [name, rest] of Object.entries(LYING_LENGTHS)) {
      const outcome = await exchange(server.port, [`${POST}${rest}`]);
      if (!isRefused(outcome)) broken.push(`${name}: answered ${outcome.statuses.join() || 'nothing'}`);
    }
    // Longer than what comes: the client is gone before its request was whole, and nobody is told of it.
    await exchange(server.port, [announced(500), 'abc'], { patienceMs: 100 });
    // Shorter than what comes: the rest is no request.
    const { statuses, isClosed } = await exchange(server.port, [announced(3), 'abc', 'defgh\r\n\r\n']);
    // The refusal of the first, which is not signed, may or may not come before that.
    if (!/^(403,)?400$/.test(statuses.join()) || !isClosed)
      broken.push(`too short a length: ${statuses.join()}`);
  }
  return { tries: times * (Object.keys(LYING_LENGTHS).length + 2), broken, recoveryMs: null };
};

/** By a 400 and the end, before anything was performed. */
export function isRefused({ statuses, isClosed }: RawOutcome): boolean {
  return isClosed && statuses.join() === '400';
}

function announced(bytes: number): string {
  return `${POST}Content-Length: ${bytes}\r\n\r\n`;
}

function copies(count: number): Buffer[] {
  return Array.from({ length: count }, () => MEBIBYTE);
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** Up to 10 GB: whoever takes all of that is broken. */
function* endless(head: string, piece: Buffer): Iterable<Buffer | string> {
  yield head;
  for (let sent = 0; sent < 10_000_000_000; sent += piece.length) yield piece;
}

const REQUESTS = `${GET}\r\n`.repeat(1_000);

/** It is ended: each request that waits for the answers before it takes memory, and none of the answers is taken. */
const floodUnread: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  for (let round = 0; round < times; round += 1) {
    const socket = await open(server.port);
    socket.pause();
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!socket.closed && performance.now() < deadlineMs) {
      if (!socket.write(REQUESTS)) await pause(10);
    }
    if (!socket.closed) broken.push('the connection stays open');
    socket.destroy();
  }
  return { tries: times, broken, recoveryMs: null };
};

export const SIZE_ROWS: readonly ServerRow[] = [
  attack('headers and bodies too large', 5, tooLarge),
  attack('lengths that lie', 5, lyingLengths),
  attack('requests without an end, answers never read', 5, floodUnread),
];
