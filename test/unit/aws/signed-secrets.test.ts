// A refused signature is answered with what was signed: the session token must get into no message.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { invokeDiscovery } from '../../../src/aws/discovery-lambda.ts';
import { createSignedHttp } from '../../../src/aws/signed-http.ts';
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
  const secrets = secretsSent({ sessionToken }, `AWS4-HMAC-SHA256 Credential=A/b, Signature=${signature}`);

  for (const [what, shown] of [
    ['as it is', `token ${sessionToken}, ${signature}`],
    ['as JSON may have it', JSON.stringify([sessionToken, signature]).replaceAll('/', '\\/')],
    ['as a URL has it', `?t=${encodeURIComponent(sessionToken)}&s=${signature}`],
  ] as const) {
    it(`is taken out ${what}`, () => {
      const rest = withoutSecrets(shown, secrets);
      assert.equal(rest.split('[redacted]').length, 3, rest);
      assert.doesNotMatch(rest, /IQoJ|abab/);
    });
  }

  it('leaves the rest of a body alone, bytes that are no text too', async () => {
    const binary = Buffer.from([0xff, 0x00, 0xc3]);
    const server = createServer((request, response) => {
      request.resume();
      const { authorization, 'x-amz-security-token': token } = request.headers;
      response.end(Buffer.concat([binary, Buffer.from(` ${token} ${authorization} `), binary]));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const source = {
      get: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's', sessionToken }),
      invalidate: () => undefined,
    };
    const http = createSignedHttp({ env: {}, credentials: source, userAgent: 'test/1' });
    try {
      const scope = { region, service: 'execute-api' };
      const { body } = await http.send({ method: 'GET', url, headers: {}, scope }, limits);
      assert.deepEqual([body.subarray(0, 3), body.subarray(-3)], [binary, binary]);
      assert.match(body.toString('latin1'), / \[redacted\] AWS4-HMAC-SHA256 .*Signature=\[redacted\] /);
    } finally {
      http.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it('takes nothing for a token that is too short to be one', () => {
    assert.deepEqual(secretsSent({ sessionToken: 'token' }), []);
    assert.deepEqual(secretsSent({}), []);
  });
});
