// Faults in the API's answers, over a connection that is as it should be.
import { gzipSync } from 'node:zlib';
import { brokenAnswers } from '../../e2e/agent/broken-answers.ts';
import { answer, metadata, type Reply, says } from '../../e2e/agent/scripted-api.ts';
import type { ApiWorld } from './api-world.ts';
import type { Family, Fault } from './fault.ts';

const LEVELS = 100_000;
/** Where a redirect would lead; nothing may be asked there, and nobody answers. */
const NOWHERE = 'https://elsewhere.test/v1/metadata';
const body = JSON.stringify(metadata('draining'));
const truncated = gzipSync(body).subarray(0, 60);

function answers(reply: Reply) {
  return ({ front }: ApiWorld) => {
    const working = front.reply;
    front.reply = reply;
    return () => {
      front.reply = working;
    };
  };
}

/** A TLS socket cannot be reset as those over plain HTTP are there: the connection below it is. */
const RESET = 'a connection reset';

/** Beside those of broken-answers.ts. */
const further: readonly Fault[] = [
  {
    name: RESET,
    inject: (world: ApiWorld) => answers(() => world.front.reset())(world),
    line: /\(transport\): /,
  },
  {
    name: `${LEVELS} arrays in one another`,
    inject: answers(answer(200, '['.repeat(LEVELS) + ']'.repeat(LEVELS))),
    line: /\((wrong-shape|not-json)\): /,
  },
  {
    name: `${LEVELS} objects in one another, in a tag`,
    inject: answers(
      answer(200, body.replace('"Tags":[]', `"Tags":${'{"Key":'.repeat(LEVELS)}0${'}'.repeat(LEVELS)}`)),
    ),
    line: /\((wrong-shape|not-json)\): /,
  },
  {
    name: '429 with Retry-After: an hour',
    inject: answers(answer(429, '{"message":"Too Many Requests"}', { 'retry-after': '3600' })),
    line: /\(throttled\): status 429/,
  },
  {
    name: '503 with Retry-After: 0',
    inject: answers(answer(503, '{"message":"Service Unavailable"}', { 'retry-after': '0' })),
    line: /\(http-5xx\): status 503/,
  },
  {
    name: 'a reset in the body',
    inject: (world: ApiWorld) =>
      answers((_request, response) => {
        response.writeHead(200, { 'content-length': String(body.length) });
        response.write(body.slice(0, 80), () => world.front.reset());
      })(world),
    line: /\(transport\): /,
  },
  {
    name: 'gzip that ends in the middle',
    inject: answers(answer(200, truncated, { 'content-encoding': 'gzip' })),
    line: /\(transport\): /,
  },
  {
    name: 'headers of 1 MB',
    inject: answers((request) => {
      request.socket.write('HTTP/1.1 200 OK\r\n');
      for (let count = 0; count < 1_000; count += 1)
        request.socket.write(`x-${count}: ${'x'.repeat(1_000)}\r\n`);
    }),
    line: /\(transport\): /,
  },
  {
    name: 'a state that this agent does not know',
    inject: answers(says('zombie')),
    line: /^state zombie is not one this agent acts on/,
    // It is well-formed: a name, which scripts may be for.
    alsoTold: ['state-changed', 'state-changed'],
  },
  {
    name: '400 without information, for more than ten periods',
    inject: answers(answer(400, "No information for instance id 'i-0'!")),
    line: /\(no-information\): status 400: No information/,
    pollsHeld: 11,
    alsoTold: ['no-information'],
  },
  {
    name: 'a state that is good, compressed',
    inject: (world: ApiWorld) => {
      const packed = gzipSync(JSON.stringify(metadata(world.stance)));
      return answers(answer(200, packed, { 'content-encoding': 'gzip' }))(world);
    },
    line: null,
  },
];

export const answerFaults: Family = {
  name: 'answers',
  faults: [
    ...further,
    ...brokenAnswers(NOWHERE)
      .filter(({ name }) => name !== RESET)
      .map(
        ({ name, reply, line, hangs }): Fault => ({
          name,
          inject: answers(reply),
          line,
          ...(hangs === undefined ? {} : { hangs }),
        }),
      ),
  ],
};
