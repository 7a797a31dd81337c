// A refused signature is answered with what was signed: the session token must get into no message.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { invokeDiscovery } from '../../../src/aws/discovery-lambda.ts';
import { createSignedHttp, type SignedAnswer } from '../../../src/aws/signed-http.ts';
import { secretsSent, withoutSecrets } from '../../../src/aws/signed-secrets.ts';
import { sendMessage } from '../../../src/aws/sqs.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's', sessionToken: 'SESSION-TOKEN' };
const region = 'eu-west-1';
const limits = { timeoutMs: 5_000 };

describe('the words of a refusal', () => {
  const server = createServer((request, response) => {
    request.resume();
    const token = request.headers['x-amz-security-token'];
    const said = `The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:${token}\n'`;
    const isLambda = request.url?.includes('/functions/') === true;
    response.writeHead(403, isLambda ? { 'x-amzn-errortype': 'InvalidSignatureException' } : {});
    response.end(
      isLambda
        ? JSON.stringify({ message: said })
        : `<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>${said}</Message></Error></ErrorResponse>`,
    );
  });
  let origin = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const endsBefore = (error: unknown): boolean => {
    assert.match(String(error), /does not match\.$/);
    return true;
  };

  it('of a queue', async () => {
    const source = { get: async () => credentials, invalidate: () => undefined };
    const http = createSignedHttp({ env: {}, credentials: source, userAgent: 'test/1' });
    try {
      const sent = sendMessage({ http, env: {}, region }, new URL(`${origin}/1/q`), '{}', limits);
      await assert.rejects(sent, endsBefore);
    } finally {
      http.close();
    }
  });

  it('of the Discovery function', async () => {
    const env = { AWS_ENDPOINT_URL_LAMBDA: origin };
    const asked = invokeDiscovery({ groupName: 'g', region, credentials, env, ...limits });
    await assert.rejects(asked, endsBefore);
  });
});

describe('what a server shows of what it was sent', () => {
  const sessionToken = 'IQoJb3JpZ2luX2VjE/a+b==';
  const signature = 'ab'.repeat(32);
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's', sessionToken };
  const secrets = secretsSent({ sessionToken }, `AWS4-HMAC-SHA256 Credential=A/b, Signature=${signature}`);

  const escaped = (sign: string): string => `\\u00${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  for (const [what, shown] of [
    ['as it is', `token ${sessionToken}, ${signature}`],
    ['as JSON may have it', JSON.stringify([sessionToken, signature]).replaceAll('/', '\\/')],
    [
      'as JSON with every sign escaped may have it',
      `{"m":"${sessionToken.replaceAll(/\W/g, escaped)} ${signature}"}`,
    ],
    [
      'as HTML may have it',
      `<p>${sessionToken.replaceAll('+', '&#43;').replaceAll('=', '&#x3D;')} ${signature}`,
    ],
    ['as a URL has it', `?t=${encodeURIComponent(sessionToken)}&s=${signature}`],
  ] as const) {
    it(`is taken out ${what}`, () => {
      const rest = withoutSecrets(shown, secrets);
      assert.equal(rest.split('[redacted]').length, 3, rest);
      assert.doesNotMatch(rest, /IQoJ|abab/);
    });
  }

  const withServer = async (answer: RequestListener, use: (url: URL) => Promise<void>): Promise<void> => {
    const server = createServer(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  const ask = async (url: URL): Promise<SignedAnswer> => {
    const source = { get: async () => credentials, invalidate: () => undefined };
    const http = createSignedHttp({ env: {}, credentials: source, userAgent: 'test/1' });
    try {
      const scope = { region, service: 'execute-api' };
      return await http.send({ method: 'GET', url, headers: {}, scope }, limits);
    } finally {
      http.close();
    }
  };

  it('leaves the rest of a body alone, bytes that are no text too', async () => {
    const binary = Buffer.from([0xff, 0x00, 0xc3]);
    const answer: RequestListener = (request, response) => {
      const { authorization, 'x-amz-security-token': token } = request.headers;
      response.end(Buffer.concat([binary, Buffer.from(` ${token} ${authorization} `), binary]));
    };
    await withServer(answer, async (url) => {
      const { body } = await ask(url);
      assert.deepEqual([body.subarray(0, 3), body.subarray(-3)], [binary, binary]);
      assert.match(body.toString('latin1'), / \[redacted\] AWS4-HMAC-SHA256 .*Signature=\[redacted\] /);
    });
  });

  it('is taken out of headers too: where a redirect leads is quoted', async () => {
    const answer: RequestListener = ({ headers }, response) => {
      response.setHeader('location', `/?t=${encodeURIComponent(String(headers['x-amz-security-token']))}`);
      response.end();
    };
    await withServer(answer, async (url) => {
      assert.equal((await ask(url)).headers.location, '/?t=[redacted]');
    });
  });

  for (const functionError of [undefined, 'Unhandled']) {
    it(`is taken out of what the Discovery function ${functionError ? 'fails with' : 'answers'}`, async () => {
      const answer: RequestListener = (request, response) => {
        request.resume();
        const token = request.headers['x-amz-security-token'];
        if (functionError) response.setHeader('x-amz-function-error', functionError);
        response.end(JSON.stringify({ errorMessage: `sent ${token}`, url: token }));
      };
      await withServer(answer, async ({ origin }) => {
        const env = { AWS_ENDPOINT_URL_LAMBDA: origin };
        const asked = invokeDiscovery({ groupName: 'g', region, credentials, env, ...limits });
        const said = await asked.then((found) => JSON.stringify(found), String);
        assert.match(said, /sent \[redacted\]/);
        assert.doesNotMatch(said, /IQoJ/);
      });
    });
  }

  it('takes nothing for a token that is too short to be one', () => {
    assert.deepEqual(secretsSent({ sessionToken: 'token' }), []);
    assert.deepEqual(secretsSent({}), []);
  });
});
