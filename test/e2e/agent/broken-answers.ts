// Answers that teach the agent nothing, as broken servers, gateways and attackers give them.
import { gzipSync } from 'node:zlib';
import { answer, metadata, type Reply, says } from './scripted-api.ts';

export interface BrokenAnswer {
  readonly name: string;
  readonly reply: Reply;
  /** What the one line of log must say. */
  readonly line: RegExp;
  /** Recovery waits for the deadline of the request under way. */
  readonly hangs?: true;
}

/** 50 MB of blanks in 50 KB. */
const gzipBomb = gzipSync(Buffer.alloc(50_000_000, 0x20), { level: 1 });
const tenMegabytes = Buffer.alloc(10_000_000, 0x20);
const drainingBody = JSON.stringify(metadata('draining'));

/** Values that no field which is used may have. */
const wrongTypes: readonly (readonly [field: string, value: unknown])[] = [
  ['State', null],
  ['State', 1],
  ['State', ['draining']],
  ['State', { S: 'draining' }],
  ['InstanceId', 7],
  ['InstanceId', 'i-0someoneelse00000'],
  ['Tags', { 'clonesquad:excluded': 'true' }],
  ['Tags', [{ Key: 'clonesquad:excluded', Value: true }]],
  ['Tags', ['clonesquad:excluded=true']],
  ['SubfleetName', { Name: 'web' }],
  ['TargetGroups', 'arn:aws:elasticloadbalancing:::targetgroup/a'],
  ['TargetGroups', { NbOfTargetGroups: '1' }],
];

const refusals: readonly (readonly [body: string, line: RegExp])[] = [
  ['{"message":"Forbidden"}', /\(forbidden\): status 403: Forbidden/],
  ['{"message":"Missing Authentication Token"}', /\(forbidden\): status 403: Missing Authentication Token/],
  [
    '{"message":"The security token included in the request is expired"}',
    /\(unauthorized-token\): status 403: The security token/,
  ],
  [
    '{"message":"The security token included in the request is invalid."}',
    /\(unauthorized-token\): status 403: The security token/,
  ],
  [
    '{"message":"The request signature we calculated does not match the signature you provided."}',
    /\(unauthorized-token\): status 403: The request signature .*: the secret access key is not that of access key \w+, or --region/,
  ],
  [
    '{"message":"Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z (20260101T001000Z - 5 min.)"}',
    /\(forbidden\): status 403: Signature expired/,
  ],
  [
    '{"Message":"User: arn:aws:sts::111111111111:assumed-role/web/i-0 is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********1111:a/v1/GET/metadata with an explicit deny"}',
    /\(forbidden\): status 403: User: .* is not authorized .* explicit deny/,
  ],
];

/** `elsewhere` is a server that nothing may be asked of. */
export function brokenAnswers(elsewhere: string): BrokenAnswer[] {
  return [
    {
      name: 'a state that climbs out of the script directory',
      reply: says('../../x'),
      line: /state "\.\.\/\.\.\/x" is not one/,
    },
    {
      name: 'a state that is a path beside the script directory',
      reply: says('../x'),
      line: /state "\.\.\/x" is not one/,
    },
    { name: 'a state of format directives', reply: says('%s%n'), line: /state "%s%n" is not one/ },
    {
      name: 'a state with a line break and an escape sequence',
      reply: says('a\n\u001b[2Jb'),
      line: /state "a\\n\\u001b\[2Jb" is not/,
    },
    { name: 'a state of 1 MB', reply: says('x'.repeat(1_000_000)), line: /\(wrong-shape\): State: / },
    { name: 'an empty state', reply: says(''), line: /state "" is not one/ },
    ...wrongTypes.map(([field, value]) => ({
      name: `${field} is ${JSON.stringify(value)}`,
      reply: answer(200, metadata('draining', { [field]: value })),
      line: field === 'InstanceId' ? /\(wrong-shape\): / : new RegExp(`\\(wrong-shape\\): ${field}`),
    })),
    { name: 'a JSON string', reply: answer(200, '"draining"'), line: /\(wrong-shape\): answer/ },
    { name: 'a JSON array', reply: answer(200, '[]'), line: /\(wrong-shape\): answer/ },
    { name: 'null', reply: answer(200, 'null'), line: /\(wrong-shape\): answer/ },
    {
      name: 'HTML with 200',
      reply: answer(200, '<html>\r\n<body>\u202edraining</body></html>', { 'content-type': 'text/html' }),
      line: /\(not-json\): the answer is not JSON: <html>/,
    },
    {
      name: 'half a body',
      reply: answer(200, drainingBody.slice(0, 80)),
      line: /\(not-json\): the answer is not JSON/,
    },
    { name: 'an empty 200', reply: answer(200, ''), line: /\(not-json\): the answer is empty/ },
    {
      name: 'bytes that are no text',
      reply: answer(200, Buffer.from([0xff, 0xfe, 0x00])),
      line: /\(not-json\)/,
    },
    {
      name: 'a 500 with a valid draining body',
      reply: answer(500, drainingBody),
      line: /\(http-5xx\): status 500/,
    },
    {
      name: 'a 500 with a valid running body',
      reply: answer(500, metadata('running')),
      line: /\(http-5xx\): status 500/,
    },
    {
      name: 'a 502 of the gateway',
      reply: answer(502, '{"message": "Internal server error"}'),
      line: /\(http-5xx\): status 502: Internal server error/,
    },
    {
      name: 'a 429',
      reply: answer(429, '{"message":"Too Many Requests"}'),
      line: /\(throttled\): status 429: Too Many Requests/,
    },
    {
      name: 'a 404',
      reply: answer(404, "Unknown command 'metadata'"),
      line: /\(unexpected-status\): status 404: Unknown command/,
    },
    {
      name: '400 without information about this instance',
      reply: answer(400, "No information for instance id 'i-0'!"),
      line: /\(no-information\): status 400: No information/,
    },
    ...refusals.map(([body, line]) => ({ name: `403 ${body.slice(0, 60)}`, reply: answer(403, body), line })),
    {
      name: 'a redirect to another host',
      reply: answer(302, '', { location: elsewhere }),
      line: /\(unexpected-status\): status 302/,
    },
    {
      name: 'a permanent redirect to another host',
      reply: answer(308, drainingBody, { location: elsewhere }),
      line: /\(unexpected-status\): status 308/,
    },
    {
      name: 'a gzip bomb of 50 MB',
      reply: answer(200, gzipBomb, { 'content-encoding': 'gzip' }),
      line: /\(transport\): .* the body is over 1048576 bytes/,
    },
    {
      name: 'a body of 10 MB',
      reply: answer(200, tenMegabytes),
      line: /\(transport\): .* the body is over/,
    },
    {
      name: 'gzip that is none',
      reply: answer(200, drainingBody, { 'content-encoding': 'gzip' }),
      line: /\(transport\): /,
    },
    {
      name: 'a connection reset',
      reply: (request) => void request.socket.resetAndDestroy(),
      line: /\(transport\): /,
    },
    {
      name: 'a connection closed without an answer',
      reply: (request) => void request.socket.destroy(),
      line: /\(transport\): /,
    },
    {
      name: 'a connection closed in the body',
      reply: (request, response) => {
        response.writeHead(200, { 'content-length': String(drainingBody.length) });
        response.write(drainingBody.slice(0, 80), () => request.socket.destroy());
      },
      line: /\(transport\): /,
    },
    {
      name: 'an answer that is not HTTP',
      reply: (request) => void request.socket.end('+OK draining\r\n\r\n'),
      line: /\(transport\): /,
    },
    {
      name: 'a hang before the headers',
      reply: () => {},
      line: /\(transport\): .* no answer within (2\d{3}|3000) ms/,
      hangs: true,
    },
    {
      name: 'a hang in the body',
      reply: (_request, response) => {
        response.writeHead(200, { 'content-length': String(drainingBody.length) });
        response.write(drainingBody.slice(0, 80));
      },
      line: /\(transport\): /,
      hangs: true,
    },
    {
      name: 'a body that trickles',
      reply: (_request, response) => {
        response.writeHead(200);
        const trickle = setInterval(() => response.write(' '), 100);
        response.once('close', () => clearInterval(trickle));
      },
      line: /\(transport\): /,
      hangs: true,
    },
  ];
}
