// Signatures with something wrong in them: refused as documented, whatever it is, and never taken for good.
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { attack, type Attack, type ServerRow } from './attack.ts';
import { KEYS, type TortureKey } from './keys.ts';
import { pause } from './server-process.ts';
import { type Headers, presigned, type RawRequest, signed, withHeaders } from './signing.ts';

const TARGET = '/v1/configuration/steady';
const BODY = { method: 'POST', target: TARGET, body: 'as it was' } as const;
const CONCURRENT = 8;
const SKEW_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;

interface SignedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends exactly these headers, over connections that are kept. */
class RawSender {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT });

  constructor(port: number) {
    this.#port = port;
  }

  send({ method, target, headers, body }: RawRequest): Promise<SignedAnswer> {
    const length: Headers = body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path: target,
          agent: this.#agent,
          setHost: false,
          headers: [...headers, ...length].flat() as string[],
        },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }),
          );
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

interface Trial {
  readonly name: string;
  readonly request: RawRequest;
  /** `either` where what was changed means the same. */
  readonly expected: 'accepted' | 'refused' | 'either';
}

/** Runs all of them, some at a time. */
async function tryAll(port: number, trials: readonly Trial[]): Promise<string[]> {
  const sender = new RawSender(port);
  const broken: string[] = [];
  const waiting = [...trials].reverse();
  const work = async (): Promise<void> => {
    for (let trial = waiting.pop(); trial !== undefined; trial = waiting.pop()) {
      const { name, request, expected } = trial;
      const problem = await sender.send(request).then(
        (answer) => problemOf(answer, expected),
        (error: Error) => error.message,
      );
      if (problem !== null) broken.push(`${name}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  sender.close();
  return broken;
}

const DOCUMENTED =
  /^(MissingAuthenticationToken|IncompleteSignature|UnrecognizedClient|ExpiredToken|InvalidSignature|Forbidden)Exception$/;

function problemOf({ status, headers, body }: SignedAnswer, expected: Trial['expected']): string | null {
  if (status === 200) return expected === 'refused' ? 'it was accepted' : null;
  if (expected === 'accepted') return `it was refused with ${status} ${body.slice(0, 200)}`;
  // What is no HTTP any more is refused before anyone looks for a signature.
  if (status === 400 && body === '') return null;
  if (status !== 403) return `answered ${status}`;
  if (!DOCUMENTED.test(String(headers['x-amzn-errortype'])))
    return `of the type ${headers['x-amzn-errortype']}`;
  if (headers['content-type'] !== 'application/json') return `the type is ${headers['content-type']}`;
  const members = JSON.parse(body) as Record<string, unknown>;
  return typeof members.message === 'string' && Object.keys(members).length === 1 ? null : `it says ${body}`;
}

const PUT_IN_PLACE = ['a', 'Z', '0', ' ', ',', '=', '/', ';', ':', '%', '+', '-', '\t', '\xe9'];

/** Every character changed in turn, left out, and doubled. */
function* spoilt(text: string): Iterable<string> {
  for (let at = 0; at < text.length; at += 1) {
    const [before, after] = [text.slice(0, at), text.slice(at + 1)];
    yield before + after;
    yield before + text[at] + text[at] + after;
    for (const character of PUT_IN_PLACE) yield before + character + after;
  }
}

/** What of an Authorization header counts: blanks between its parts do not, nor case and order of the signed headers. */
function meaning(authorization: string): string {
  return authorization
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/ *, */g, ',')
    .replace(/SignedHeaders=([^,]*)/, (_, names: string) => {
      return `SignedHeaders=${[...new Set(names.toLowerCase().split(';'))].sort().join(';')}`;
    });
}

function changed(request: RawRequest, name: string, value: string): RawRequest {
  return withHeaders(request, (headers) => headers.map((pair) => (pair[0] === name ? [name, value] : pair)));
}

const mutated: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  let tries = 0;
  for (let round = 0; round < times; round += 1) {
    const trials: Trial[] = [];
    for (const [kind, request] of [
      ['of a GET', signed(KEYS.operator, { target: `${TARGET}?a=1&b=%20c` })],
      ['of a POST', signed(KEYS.session, BODY)],
    ] as const) {
      for (const name of ['Authorization', 'X-Amz-Date', 'X-Amz-Security-Token', 'Host']) {
        const value = request.headers.find(([one]) => one === name)?.[1] ?? '';
        for (const spoiled of new Set(spoilt(value))) {
          const isSame = meaning(spoiled) === meaning(value);
          trials.push({
            name: `${name} ${kind}: ${spoiled}`,
            request: changed(request, name, spoiled),
            expected: isSame ? 'either' : 'refused',
          });
        }
      }
    }
    const byQuery = presigned(KEYS.session, { target: TARGET }, 300);
    const query = byQuery.target.slice(TARGET.length + 1);
    for (const spoiled of new Set(spoilt(query))) {
      // A tab is no part of a target.
      if (/[\t \xe9]/.test(spoiled)) continue;
      trials.push({
        name: `presigned: ${spoiled}`,
        request: { ...byQuery, target: `${TARGET}?${spoiled}` },
        expected: decoded(spoiled) === decoded(query) ? 'either' : 'refused',
      });
    }
    tries += trials.length;
    broken.push(...(await tryAll(server.port, trials)));
  }
  return { tries, broken, recoveryMs: null };
};

/** As a server reads it: escapes, empty parameters and case of the signed headers make no difference. */
function decoded(query: string): string {
  const parts = query.split('&').filter((part) => part !== '');
  return parts
    .map((part) => new URLSearchParams(part).toString().toLowerCase())
    .sort()
    .join('&');
}

const operator = KEYS.operator;
const get = (more: object = {}) => signed(operator, { target: TARGET, ...more });
const without = (name: string) => withHeaders(get(), (headers) => headers.filter(([one]) => one !== name));
const added = (request: RawRequest, ...headers: Headers) =>
  withHeaders(request, (there) => [...there, ...headers]);
const replaced = (from: string | RegExp, to: string) =>
  withHeaders(get(), (headers) => headers.map(([name, value]) => [name, value.replace(from, to)] as const));
const unknown: TortureKey = { ...operator, accessKeyId: 'AKIDUNKNOWN' };
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const WRONG: Readonly<Record<string, () => RawRequest>> = {
  'no signature': () => without('Authorization'),
  'no date': () => without('X-Amz-Date'),
  'an empty header': () => changed(get(), 'Authorization', ''),
  'the algorithm of S3': () => replaced('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA256-PAYLOAD'),
  'asymmetric signatures': () => replaced('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'),
  'signature version 2': () => replaced(/^AWS4.*/, `AWS ${operator.accessKeyId}:c2lnbmF0dXJl`),
  'a bearer token': () => replaced(/^AWS4.*/, 'Bearer abc'),
  'name and password': () => replaced(/^AWS4.*/, 'Basic YTpi'),
  'another region': () => get({ region: 'us-east-1' }),
  'no region': () => get({ region: '' }),
  'another service': () => get({ service: 's3' }),
  'the queue’s service': () => get({ service: 'sqs' }),
  'the end of another scope': () => replaced('aws4_request', 'aws5_request'),
  'the day before in the scope': () => get({ day: '20200101' }),
  'an unknown key': () => signed(unknown, { target: TARGET }),
  'a key named __proto__': () => signed({ ...operator, accessKeyId: '__proto__' }, { target: TARGET }),
  'a key named constructor': () => signed({ ...operator, accessKeyId: 'constructor' }, { target: TARGET }),
  'a wrong secret': () => signed({ ...operator, secretAccessKey: 'guessed' }, { target: TARGET }),
  'an empty secret': () => signed({ ...operator, secretAccessKey: '' }, { target: TARGET }),
  'an expired key': () => signed(KEYS.expired, { target: TARGET }),
  'a session without its token': () =>
    signed({ ...KEYS.session, sessionToken: undefined as never }, { target: TARGET }),
  'a session with another token': () =>
    signed({ ...KEYS.session, sessionToken: 'other' }, { target: TARGET }),
  'a token where there is none': () => signed({ ...operator, sessionToken: 'other' }, { target: TARGET }),
  'two tokens': () => {
    const { sessionToken: token } = KEYS.session;
    return added(signed({ ...KEYS.session, sessionToken: 'other' }, { target: TARGET }), [
      'X-Amz-Security-Token',
      String(token),
    ]);
  },
  'two signatures': () => added(get(), get().headers.at(-1)!),
  'a signature in header and query': () => {
    const byQuery = presigned(operator, { target: TARGET }, 300);
    return added(byQuery, get().headers.at(-1)!);
  },
  'two dates': () => added(get(), ['X-Amz-Date', '20200101T000000Z']),
  'two hosts': () => added(get(), ['Host', 'other']),
  'a host that is not signed': () => replaced('SignedHeaders=host;', 'SignedHeaders='),
  'no signed headers': () => replaced(/SignedHeaders=[^,]*/, 'SignedHeaders='),
  'a signed header that is not there': () => replaced('SignedHeaders=', 'SignedHeaders=a;'),
  'a thousand signed headers': () => replaced('SignedHeaders=', `SignedHeaders=${'a;'.repeat(1_000)}`),
  'a signature in capitals': () =>
    withHeaders(get(), (headers) =>
      headers.map(
        ([name, value]) => [name, value.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase())] as const,
      ),
    ),
  'an empty signature': () => replaced(/Signature=[0-9a-f]{64}$/, 'Signature='),
  'a signature of zeros': () => replaced(/Signature=[0-9a-f]{64}$/, `Signature=${'0'.repeat(64)}`),
  'a signature of 10 KB': () => replaced(/Signature=[0-9a-f]{64}$/, `Signature=${'0'.repeat(10_000)}`),
  'another method': () => ({ ...get(), method: 'POST' }),
  'another path': () => ({ ...get(), target: '/v1/configuration/other' }),
  'a path in its place': () => ({ ...get(), target: '/v1/configuration%2Fsteady' }),
  'a parameter more': () => ({ ...get(), target: `${TARGET}?a=1` }),
  'a body that was not signed': () => ({ ...signed(operator, { ...BODY, body: 'other' }), body: BODY.body }),
  'a body where none was signed': () => ({
    ...signed(operator, { ...BODY, body: '' }),
    body: 'put in its place',
  }),
  'no body where one was signed': () => ({ ...signed(operator, BODY), body: '' }),
  'the hash of another body': () =>
    signed(operator, { ...BODY, headers: [['X-Amz-Content-Sha256', EMPTY_HASH]] }),
  'a body left unsigned': () =>
    signed(operator, { ...BODY, headers: [['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD']] }),
  'a body signed in chunks': () =>
    signed(operator, { ...BODY, headers: [['X-Amz-Content-Sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']] }),
  'a signed header changed': () =>
    changed(signed(operator, { target: TARGET, headers: [['X-A', 'b']] }), 'X-A', 'c'),
  'a signed header twice': () =>
    added(signed(operator, { target: TARGET, headers: [['X-A', 'b']] }), ['X-A', 'c']),
  'presigned, expired': () => presigned(operator, { target: TARGET, nowMs: Date.now() - 120_000 }, 60),
  'presigned for 8 days': () => presigned(operator, { target: TARGET }, 8 * 86_400),
  'presigned for no time': () => presigned(operator, { target: TARGET }, 0),
  'presigned for a time before': () => presigned(operator, { target: TARGET }, -60),
  'presigned for a fraction': () => presigned(operator, { target: TARGET }, 1.5),
  'presigned for another method': () => ({ ...presigned(operator, { target: TARGET }, 60), method: 'POST' }),
  'presigned, a parameter more': () => {
    const request = presigned(operator, { target: TARGET }, 60);
    return { ...request, target: `${request.target}&a=1` };
  },
  'presigned, a parameter twice': () => {
    const request = presigned(operator, { target: TARGET }, 60);
    return { ...request, target: `${request.target}&X-Amz-Expires=604800` };
  },
  'presigned, no signature': () => {
    const request = presigned(operator, { target: TARGET }, 60);
    return { ...request, target: request.target.replace(/&X-Amz-Signature=.*/, '') };
  },
};

/** What is unusual and right. */
const RIGHT: Readonly<Record<string, () => RawRequest>> = {
  'as it should be': () => get(),
  'by a session': () => signed(KEYS.session, { target: TARGET }),
  'of a body': () => signed(operator, BODY),
  presigned: () => presigned(operator, { target: TARGET }, 300),
  'presigned by a session': () => presigned(KEYS.session, { target: TARGET }, 300),
  'headers that are not signed': () =>
    added(get(), ['User-Agent', 'a'], ['User-Agent', 'b'], ['X-Apigw-Api-Id', 'abc']),
  'doubled slashes that the signature is not of': () => ({ ...get(), target: '/v1//configuration///steady' }),
};

const wrong: Attack = async ({ server }, times) => {
  const trials = Array.from({ length: times }, (): Trial[] => [
    ...Object.entries(WRONG).map(([name, make]): Trial => ({ name, request: make(), expected: 'refused' })),
    ...Object.entries(RIGHT).map(([name, make]): Trial => ({ name, request: make(), expected: 'accepted' })),
  ]).flat();
  return { tries: trials.length, broken: await tryAll(server.port, trials), recoveryMs: null };
};

/** How far the client's clock is off. */
const CLOCKS: readonly (readonly [offsetMs: number, expected: Trial['expected']])[] = [
  [0, 'accepted'],
  [-SKEW_MS + 20_000, 'accepted'],
  [SKEW_MS - 20_000, 'accepted'],
  [-SKEW_MS - 2_000, 'refused'],
  [SKEW_MS + 20_000, 'refused'],
  [-DAY_MS, 'refused'],
  [DAY_MS, 'refused'],
  [-365 * DAY_MS, 'refused'],
  [365 * DAY_MS, 'refused'],
];

const DATES = [
  '99999999T999999Z',
  '00000000T000000Z',
  '20260230T000000Z',
  '20260101T240000Z',
  '20260101T000060Z',
  '2026-01-01T00:00:00Z',
  '20260101T000000',
  '20260101',
  'now',
  '0',
  '-1',
  'Z',
  '１７',
  '20260101T000000Z'.repeat(100),
];

const clocks: Attack = async ({ server }, times) => {
  const broken: string[] = [];
  // One that is good now, and a few seconds later no longer.
  const lastMs = 4_000;
  const replayed = signed(operator, { target: TARGET, nowMs: Date.now() - SKEW_MS + lastMs });
  const again = (name: string, expected: Trial['expected']) =>
    tryAll(server.port, [{ name, request: replayed, expected }]);
  broken.push(
    ...(await again('the first time', 'accepted')),
    ...(await again('again within the window', 'accepted')),
  );
  const since = Date.now();
  const trials = Array.from({ length: times }, () => [
    ...CLOCKS.map(([offsetMs, expected]): Trial => {
      return { name: `${offsetMs} ms off`, request: get({ nowMs: Date.now() + offsetMs }), expected };
    }),
    ...DATES.filter((date) => /^[\x20-\x7e]*$/.test(date)).flatMap((date): Trial[] => [
      { name: `X-Amz-Date: ${date}`, request: changed(get(), 'X-Amz-Date', date), expected: 'refused' },
      { name: `Date: ${date}`, request: added(without('X-Amz-Date'), ['Date', date]), expected: 'refused' },
    ]),
  ]).flat();
  broken.push(...(await tryAll(server.port, trials)));
  await pause(Math.max(0, lastMs + 1_500 - (Date.now() - since)));
  broken.push(...(await again('replayed outside the window', 'refused')));
  return { tries: trials.length + 3, broken, recoveryMs: null };
};

export const SIGNATURE_ROWS: readonly ServerRow[] = [
  attack('signatures with one character changed', 1, mutated),
  attack('signatures of another kind, scope, key, body', 20, wrong),
  attack('clocks that are off, requests replayed', 5, clocks),
];
