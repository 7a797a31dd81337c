// Bytes that two readers of HTTP may take for different requests, and requests that are not for a server of this kind.
import { attack, type Attack, type ServerRow } from './attack.ts';
import { KEYS } from './keys.ts';
import { exchange } from './raw-exchange.ts';
import { isRefused } from './sizes.ts';
import { HOST, render, signed } from './signing.ts';
import { ask } from './steady-client.ts';

const GET = 'GET /v1/metadata HTTP/1.1\r\n';
const POST = `POST /v1/configuration/a HTTP/1.1\r\nHost: ${HOST}\r\n`;

/** Each is refused with a 400, and the connection with whatever else is on it ends. */
const REFUSED: Readonly<Record<string, string>> = {
  'length and chunks': `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunks and length': `${POST}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n`,
  'chunked, and then another coding': `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  'a coding of another name': `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'chunked in two headers, with length': `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  'a coding behind a vertical tab': `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  'lines that end in LF alone': `GET /v1/metadata HTTP/1.1\nHost: ${HOST}\n\n`,
  'a header that ends in LF alone': `${GET}Host: ${HOST}\nX-A: b\r\n\r\n`,
  'a header that ends in CR alone': `${GET}Host: ${HOST}\rX-A: b\r\n\r\n`,
  'chunks that end in LF alone': `${POST}Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n`,
  'a folded header': `${GET}Host: ${HOST}\r\nX-A: b\r\n c\r\n\r\n`,
  'a folded first header': `${GET} Host: ${HOST}\r\n\r\n`,
  'a space before a colon': `${GET}Host : ${HOST}\r\n\r\n`,
  'a coding with a space before its colon': `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  'a header without a colon': `${GET}Host: ${HOST}\r\nabc\r\n\r\n`,
  'a header without a name': `${GET}Host: ${HOST}\r\n: b\r\n\r\n`,
  'NUL in a header': `${GET}Host: ${HOST}\r\nX-A: b\0c\r\n\r\n`,
  'NUL in the target': `GET /v1/meta\0data HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  'a space in the target': `GET /v1/meta data HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  'a method that there is none of': `FETCH /v1/metadata HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  'a method in lower case': `get /v1/metadata HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  'a version that there is none of': `GET /v1/metadata HTTP/3.7\r\nHost: ${HOST}\r\n\r\n`,
  "HTTP/2's first words": 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'the beginning of a TLS handshake': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
};

/** What follows the request in the same packet: performed only by who takes the first for another than the server does. */
const refused: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  for (let round = 0; round < times; round += 1) {
    const hidden = signed(KEYS.operator, {
      method: 'POST',
      target: '/v1/configuration/hidden',
      body: 'done',
    });
    for (const [name, bytes] of Object.entries(REFUSED)) {
      const outcome = await exchange(server.port, [
        Buffer.concat([Buffer.from(bytes, 'latin1'), render(hidden)]),
      ]);
      if (!isRefused(outcome)) broken.push(`${name}: answered ${outcome.statuses.join() || 'nothing'}`);
    }
  }
  const { status } = await ask(server.port, 'GET', '/configuration/hidden');
  if (status !== 400) broken.push('what was hidden behind a request was performed');
  return { tries: times * Object.keys(REFUSED).length, broken, recoveryMs: null };
};

interface Odd {
  readonly bytes: string;
  /** What is answered; none where the connection just ends. */
  readonly status: number | null;
}

/** They are understood, and are nothing that is answered here. */
const ODD: Readonly<Record<string, Odd>> = {
  'a target with scheme and host': {
    bytes: `GET http://${HOST}/v1/metadata HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
    status: 403,
  },
  'a target with credentials': {
    bytes: `GET http://a:b@${HOST}/v1/metadata HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
    status: 403,
  },
  'an asterisk': { bytes: `OPTIONS * HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, status: 403 },
  CONNECT: { bytes: `CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, status: null },
  TRACE: { bytes: `TRACE /v1/metadata HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, status: 403 },
  'an upgrade to a web socket': {
    bytes: `${GET}Host: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    status: 403,
  },
  'an upgrade to HTTP/2': {
    bytes: `${GET}Host: ${HOST}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    status: 403,
  },
  'an expectation that there is none of': {
    bytes: `${POST}Expect: wonders\r\nContent-Length: 1\r\n\r\na`,
    status: 417,
  },
  'no host': { bytes: `${GET}\r\n`, status: 400 },
  'two hosts': { bytes: `${GET}Host: ${HOST}\r\nHost: other\r\n\r\n`, status: 403 },
};

const odd: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  for (let round = 0; round < times; round += 1) {
    for (const [name, { bytes, status }] of Object.entries(ODD)) {
      const { statuses } = await exchange(server.port, [bytes], {
        isEnough: (text) => text.includes('\r\n\r\n'),
      });
      if (statuses.join() !== String(status ?? ''))
        broken.push(`${name}: answered ${statuses.join() || 'nothing'}`);
    }
  }
  return { tries: times * Object.keys(ODD).length, broken, recoveryMs: null };
};

/** So many requests in one packet. */
const PIPELINED = 100;

/** Each is answered by its own answer, in order, whether or not the one before was refused. */
const pipelined: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  for (let index = 0; index < PIPELINED; index += 1) {
    await ask(server.port, 'POST', `/configuration/piped${index}`, { body: `value-${index}` });
  }
  for (let round = 0; round < times; round += 1) {
    const requests = Array.from({ length: PIPELINED }, (_, index) => {
      const key = index % 3 === 2 ? KEYS.kept : KEYS.operator;
      return render(signed(key, { target: `/v1/configuration/piped${index}` }));
    });
    const expected = requests.map((_, index) => (index % 3 === 2 ? '403' : `value-${index}`));
    const found = ({ text }: { text: string }) =>
      [...text.matchAll(/HTTP\/1\.1 (?:403|200)[\s\S]*?\r\n\r\n(?:(value-\d+)|\{"Message")/g)].map(
        ([, value]) => value ?? '403',
      );
    const outcome = await exchange(server.port, [Buffer.concat(requests)], {
      isEnough: (text) => found({ text }).length >= PIPELINED,
    });
    if (found(outcome).join() !== expected.join())
      broken.push(`answers out of order: ${found(outcome).join()}`);
  }
  return { tries: times * PIPELINED, broken, recoveryMs: null };
};

export const FRAMING_ROWS: readonly ServerRow[] = [
  attack('requests that two readers read differently', 20, refused),
  attack('CONNECT, upgrades, other forms of HTTP', 20, odd),
  attack('100 requests in one packet', 20, pipelined),
];
