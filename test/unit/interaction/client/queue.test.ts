// A message to the group's queue, over real sockets, and what an operator is told when it is not accepted.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createSignedHttp, type SignedHttp } from '../../../../src/aws/signed-http.ts';
import { ApiFailure } from '../../../../src/interaction/client/api-failure.ts';
import { queueAddress, sendToQueue } from '../../../../src/interaction/client/queue.ts';
import {
  type LoopbackServer,
  type ScriptedAnswer,
  startLoopbackServer,
  unusedPort,
} from './loopback-server.ts';

const limits = { timeoutMs: 5_000 };
const body = '{"OpType":"notify/ackevent","Events":["2020-11-17 10:50:59+00:00 & é"]}';
let http: SignedHttp;
before(() => {
  const credentials = {
    get: async () => ({ accessKeyId: 'AKID', secretAccessKey: 's' }),
    invalidate: () => undefined,
  };
  http = createSignedHttp({ env: {}, credentials, userAgent: 'test/1' });
});
after(() => http.close());

const accepted = (md5: string): ScriptedAnswer => ({
  status: 200,
  body: `<?xml version="1.0"?><SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult><MessageId>id-1</MessageId><MD5OfMessageBody>${md5}</MD5OfMessageBody></SendMessageResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></SendMessageResponse>`,
});
const refused = (status: number, code: string, message: string): ScriptedAnswer => ({
  status,
  body: `<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message><Detail/></Error><RequestId>1</RequestId></ErrorResponse>`,
});
const md5 = createHash('md5').update(body).digest('hex');

async function withQueue<T>(
  answer: ScriptedAnswer,
  work: (server: LoopbackServer) => Promise<T>,
): Promise<T> {
  const server = await startLoopbackServer(() => answer);
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

function send(server: { readonly url: string }, env = {}) {
  const queue = queueAddress(
    { InteractQueue: `${server.url}111122223333/CloneSquad-Interact-demo` },
    'eu-west-3',
  );
  return sendToQueue({ http, env }, queue, body, limits);
}

async function failureOf(work: Promise<unknown>): Promise<ApiFailure> {
  return work.then(
    () => assert.fail('it was accepted'),
    (error) => {
      assert.ok(error instanceof ApiFailure, String(error));
      return error;
    },
  );
}

describe('an accepted message', () => {
  it('goes to the queue’s own address', () =>
    withQueue(accepted(md5), async (server) => {
      assert.deepEqual(await send(server), { messageId: 'id-1', raw: accepted(md5).body });
      const [request] = server.requests;
      assert.equal(`${request?.method} ${request?.target}`, 'POST /111122223333/CloneSquad-Interact-demo');
      assert.match(request?.headers.authorization ?? '', /\/eu-west-3\/sqs\/aws4_request/);
      assert.deepEqual(Object.fromEntries(new URLSearchParams(request?.body)), {
        Action: 'SendMessage',
        Version: '2012-11-05',
        QueueUrl: `${server.url}111122223333/CloneSquad-Interact-demo`,
        MessageBody: body,
      });
    }));

  for (const variable of ['AWS_ENDPOINT_URL_SQS', 'AWS_ENDPOINT_URL']) {
    it(`goes where ${variable} says`, () =>
      withQueue(accepted(md5), async (server) => {
        const url = 'http://127.0.0.1:1/';
        assert.equal((await send({ url }, { [variable]: server.url })).messageId, 'id-1');
        assert.equal(server.requests[0]?.target, '/');
        assert.equal(
          new URLSearchParams(server.requests[0]?.body).get('QueueUrl'),
          `${url}111122223333/CloneSquad-Interact-demo`,
        );
      }));
  }
});

describe('a message that is not accepted', () => {
  const statement =
    '{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-west-3:111122223333:CloneSquad-Interact-demo"}';
  const cases: readonly [what: string, answer: ScriptedAnswer, kind: string, message: RegExp | string][] = [
    [
      'a sender that is not allowed',
      refused(403, 'AccessDenied', 'Access to the resource https://x is denied.'),
      'not-allowed',
      `queue: AccessDenied Access to the resource https://x is denied: add to a policy of these credentials: ${statement}`,
    ],
    [
      'a sender that is not allowed, named',
      refused(
        403,
        'AccessDenied',
        'User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:eu-west-3:111122223333:CloneSquad-Interact-demo because no identity-based policy allows the sqs:sendmessage action',
      ),
      'not-allowed',
      /: add to a policy of user bob: \{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-west-3:111122223333:CloneSquad-Interact-demo"\}$/,
    ],
    [
      'no such queue',
      refused(400, 'AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.'),
      'no-such-queue',
      /check that https:\/\/sqs\.eu-west-3\.amazonaws\.com\/111122223333\/CloneSquad-Interact-demo is still the group's, in eu-west-3$/,
    ],
    [
      'an expired token',
      refused(403, 'ExpiredToken', 'The security token included in the request is expired'),
      'expired-token',
      /aws sso login/,
    ],
    [
      'an unknown key',
      refused(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'),
      'invalid-token',
      /not valid there/,
    ],
    [
      'a wrong secret',
      refused(403, 'SignatureDoesNotMatch', 'no'),
      'signature-mismatch',
      /secret access key/,
    ],
    ['throttling', refused(403, 'RequestThrottled', 'slow'), 'throttled', /try again later$/],
    ['a fault', refused(500, 'InternalFailure', 'oops'), 'server', /look before trying again$/],
    [
      'another refusal',
      refused(400, 'InvalidMessageContents', 'no such characters'),
      'refused',
      'queue: InvalidMessageContents no such characters',
    ],
    ['no answer of a queue', { status: 200, body: '<html/>' }, 'not-an-api', /is a queue$/],
    [
      'another message than was sent',
      accepted('0'.repeat(32)),
      'not-an-api',
      /received another message than was sent/,
    ],
    [
      'an acceptance without an id',
      { status: 200, body: '<SendMessageResponse><SendMessageResult/></SendMessageResponse>' },
      'not-an-api',
      /lacks MessageId/,
    ],
  ];
  for (const [what, answer, kind, message] of cases) {
    it(what, () =>
      withQueue(answer, async (server) => {
        // A queue of AWS, by its name.
        const queue = { url: 'https://sqs.eu-west-3.amazonaws.com/' };
        const failure = await failureOf(send(queue, { AWS_ENDPOINT_URL_SQS: server.url }));
        assert.equal(failure.kind, kind);
        if (typeof message === 'string') assert.equal(failure.message, message);
        else assert.match(failure.message, message);
      }),
    );
  }

  it('a sender that is not allowed, in China', () =>
    withQueue(refused(403, 'AccessDenied', 'no'), async (server) => {
      const url = 'https://sqs.cn-north-1.amazonaws.com.cn/111122223333/CloneSquad-Interact-demo';
      const queue = queueAddress({ InteractQueue: url }, 'cn-north-1');
      const env = { AWS_ENDPOINT_URL_SQS: server.url };
      const { message } = await failureOf(sendToQueue({ http, env }, queue, body, limits));
      assert.match(
        message,
        /"Resource":"arn:aws-cn:sqs:cn-north-1:111122223333:CloneSquad-Interact-demo"\}$/,
      );
    }));

  const ruled: readonly [reason: string, advice: string][] = [
    [
      "because no identity-based policy allows the sqs:sendmessage action: the key's rules do not allow POST/backup",
      'add POST/backup to the rules of this key (there: cs-interact key change ID --keys FILE --allow POST/backup)',
    ],
    [
      "with an explicit deny in an identity-based policy: the key's rules deny POST/backup",
      'a deny rule of this key goes before: see cs-interact key list',
    ],
    [
      'because no resource-based policy allows the sqs:sendmessage action',
      "add this user's ARN to queueSenders in the key file of the server",
    ],
  ];
  for (const [reason, advice] of ruled) {
    it(`a server of one's own, ${reason}`, () =>
      withQueue(
        refused(403, 'AccessDenied', `User: u is not authorized to perform: a ${reason}`),
        async (server) => {
          assert.equal((await failureOf(send(server))).advice, advice);
        },
      ));
  }

  it('nobody there', async () => {
    const failure = await failureOf(send({ url: `http://127.0.0.1:${await unusedPort()}/` }));
    assert.equal(failure.kind, 'no-connection');
  });
});

describe('the queue of a discovery document', () => {
  const sqs = 'https://sqs.eu-west-1.amazonaws.com/111122223333/q';
  it('tells its region', () => {
    const { url, region } = queueAddress({ InteractQueue: sqs }, 'us-east-1');
    assert.deepEqual([url.href, region], [sqs, 'eu-west-1']);
  });
  it('is else in the API’s', () => {
    assert.equal(queueAddress({ InteractQueue: 'http://[::1]:9/1/q' }, 'us-east-1').region, 'us-east-1');
  });
  it('may be plain http where discovery is', () => {
    const found = queueAddress({ InteractQueue: 'http://host.example/1/q' }, 'us-east-1', {
      plainHttp: true,
    });
    assert.equal(found.url.protocol, 'http:');
  });
  for (const InteractQueue of [
    undefined,
    '',
    'None',
    7,
    'q',
    'ftp://x/',
    'http://host.example/1/q',
    'https://u:p@x/1/q',
  ]) {
    it(`is not ${InteractQueue}`, () => {
      assert.throws(
        () => queueAddress({ InteractQueue }, 'eu-west-3'),
        (error) => error instanceof ApiFailure && error.kind === 'no-such-queue',
      );
    });
  }
});
