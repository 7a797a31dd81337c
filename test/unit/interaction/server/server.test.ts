// The listener: bounds, faults, and a wrapped handler.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { ArrivedRequest, HandleRequest } from '../../../../src/interaction/server/handle-request.ts';
import { operationAnswer } from '../../../../src/interaction/server/gateway/gateway-answers.ts';
import { startInteractionServer } from '../../../../src/interaction/server/server.ts';
import { StoreError } from '../../../../src/interaction/server/store/store.ts';

async function start(test: TestContext, handle: HandleRequest, faults: unknown[] = []) {
  const onFault = (error: unknown) => void faults.push(error);
  const server = await startInteractionServer({
    host: '127.0.0.1',
    port: 0,
    handlerFor: () => handle,
    onFault,
  });
  test.after(() => server.close());
  return server.origin;
}

describe('startInteractionServer', () => {
  it('hands over the request as it came', async (test) => {
    const received: ArrivedRequest[] = [];
    const origin = await start(test, async (request) => {
      received.push(request);
      return operationAnswer(200, 'done');
    });
    const answer = await fetch(`${origin}/v1//a%2Fb?x=1?&y`, {
      method: 'POST',
      body: 'é',
      headers: { 'X-A': 'b' },
    });
    assert.equal(await answer.text(), 'done');
    const [request] = received;
    assert.equal(request?.rawPath, '/v1//a%2Fb');
    assert.equal(request.rawQuery, 'x=1?&y');
    assert.equal(request.peerAddress, '127.0.0.1');
    assert.equal(Buffer.from(request.body).toString(), 'é');
    assert.ok(request.headers.some(([name, value]) => name.toLowerCase() === 'x-a' && value === 'b'));
  });

  it('refuses a body over 1 MiB without handing it over', async (test) => {
    let calls = 0;
    const origin = await start(test, async () => {
      calls += 1;
      return operationAnswer(200, '');
    });
    const status = async (bytes: number) => {
      const answer = await fetch(origin, { method: 'POST', body: new Uint8Array(bytes) });
      return [answer.status, await answer.text()];
    };
    assert.deepEqual(await status(1024 * 1024), [200, '']);
    assert.deepEqual(await status(1024 * 1024 + 1), [413, '{"message":"Request Too Long"}']);
    assert.equal(calls, 1);
  });

  it('refuses a body in too many pieces of a byte, and takes one in thousands', async (test) => {
    const origin = await start(test, async ({ body }) => operationAnswer(200, String(body.length)));
    const answerTo = async (pieces: number, size: number): Promise<string> => {
      const client = connect(Number(new URL(origin).port), '127.0.0.1');
      test.after(() => client.destroy());
      client.on('error', () => {});
      client.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
      client.write(`${`${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`.repeat(pieces)}0\r\n\r\n`);
      const [answer] = await once(client, 'data');
      return String(answer);
    };
    assert.match(await answerTo(5_000, 1), /^HTTP\/1\.1 200 .*\r\n\r\n5000$/s);
    // Lines of a file, say, each sent as it was read.
    assert.match(await answerTo(10_000, 100), /^HTTP\/1\.1 200 .*\r\n\r\n1000000$/s);
    assert.match(await answerTo(20_000, 1), /^HTTP\/1\.1 413 /);
  });

  it('bounds what bodies take that are never finished, and goes on answering polls', async (test) => {
    const origin = await start(test, async () => operationAnswer(200, ''));
    const status = async (init?: RequestInit) => (await fetch(origin, init)).status;
    const write = { method: 'POST', body: new Uint8Array(1000) };
    const clients = Array.from({ length: 64 }, () => connect(Number(new URL(origin).port), '127.0.0.1'));
    const leave = () => {
      for (const client of clients) client.destroy();
    };
    test.after(leave);
    for (const client of clients) {
      client.on('error', () => {});
      client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${1024 * 1024}\r\n\r\n`);
      client.write(Buffer.alloc(1024 * 1024 - 1));
    }
    const becomes = async (wanted: number) => {
      for (const deadlineMs = performance.now() + 10_000; (await status(write)) !== wanted; ) {
        assert.ok(performance.now() < deadlineMs, `no ${wanted} in time`);
      }
    };
    await becomes(503);
    assert.equal(await status(), 200);
    leave();
    await becomes(200);
  });

  it('answers 502 to a fault of its own, and tells of it', async (test) => {
    const faults: unknown[] = [];
    const fault = new Error('the store is gone');
    const origin = await start(test, () => Promise.reject(fault), faults);
    const answer = await fetch(origin);
    assert.deepEqual([answer.status, await answer.text()], [502, '{"message": "Internal server error"}']);
    assert.deepEqual(faults, [fault]);
  });

  it('answers 503 when the store failed, and tells of it', async (test) => {
    const faults: unknown[] = [];
    const fault = new StoreError('disk full');
    const origin = await start(test, () => Promise.reject(fault), faults);
    const answer = await fetch(origin);
    assert.deepEqual([answer.status, await answer.text()], [503, '{"message":"Service Unavailable"}']);
    assert.equal(answer.headers.get('x-amzn-errortype'), 'ServiceUnavailableException');
    assert.ok(Math.abs(Date.parse(answer.headers.get('date') ?? '') - Date.now()) < 60_000);
    assert.deepEqual(faults, [fault]);
  });

  it('tells its handler where it is found', async (test) => {
    const origins: string[] = [];
    const server = await startInteractionServer({
      host: '127.0.0.1',
      port: 0,
      handlerFor: (origin) => {
        origins.push(origin);
        return async () => operationAnswer(200, '');
      },
      onFault: assert.ifError,
    });
    test.after(() => server.close());
    assert.deepEqual(origins, [server.origin]);
  });

  it('closes with clients connected', async () => {
    const handle = async () => operationAnswer(200, '');
    const server = await startInteractionServer({
      host: '127.0.0.1',
      port: 0,
      handlerFor: () => handle,
      onFault: assert.ifError,
    });
    const client = connect(Number(new URL(server.origin).port), '127.0.0.1');
    await once(client, 'connect');
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(client, 'data');
    const ended = once(client, 'close');
    await server.close();
    await ended;
  });

  it('rejects when the address is taken', async (test) => {
    const origin = await start(test, async () => operationAnswer(200, ''));
    const port = Number(new URL(origin).port);
    const again = startInteractionServer({
      host: '127.0.0.1',
      port,
      handlerFor: () => assert.fail('it listens'),
      onFault: () => {},
    });
    await assert.rejects(again, { code: 'EADDRINUSE' });
  });
});
