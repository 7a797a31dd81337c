// What a client may do with its connections: many requests at once, silence, too many of them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turnOfTheLoop, setTimeout as delay } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import type { HandleRequest } from '../../../../src/interaction/server/handle-request.ts';
import {
  type InteractionServerOptions,
  startInteractionServer,
} from '../../../../src/interaction/server/server.ts';

type Options = Pick<InteractionServerOptions, 'bounds' | 'onFault' | 'onTurnedAway'>;

async function start(test: TestContext, handle: HandleRequest, options: Partial<Options> = {}) {
  const server = await startInteractionServer({
    host: '127.0.0.1',
    port: 0,
    handlerFor: () => handle,
    onFault: assert.ifError,
    ...options,
  });
  test.after(() => server.close());
  return async (): Promise<Socket> => {
    const client = connect(Number(new URL(server.origin).port), '127.0.0.1');
    test.after(() => client.destroy());
    client.on('error', () => {});
    await once(client, 'connect');
    return client;
  };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const answerOf = (body: Buffer) => ({ status: 200, headers: {}, body });

/** Twice what the system keeps for a socket, and more. */
const big = Buffer.alloc(64 * 2 ** 20, 'a');
/** In which a machine that is busy gets a request from a client to the server. */
const silenceMs = 1_000;

/** Resolves with everything that came, once it is enough, and ends the connection. */
async function read(client: Socket, isEnough: (text: string) => boolean): Promise<string> {
  let text = '';
  for await (const chunk of client as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (isEnough(text)) break;
  }
  return text;
}

describe('requests that come at once on a connection', { timeout: 60_000 }, () => {
  it('are answered one after the other, and in their order', async (test) => {
    const steps: string[] = [];
    const open = await start(test, async ({ rawPath, body }) => {
      steps.push(`${rawPath} begins`);
      // Time for another to begin, if it may.
      for (let turn = 0; turn < 5; turn += 1) await turnOfTheLoop();
      steps.push(`${rawPath} ends`);
      return answerOf(Buffer.concat([Buffer.from(`[${rawPath}]`), body]));
    });
    const client = await open();
    client.write(`${get('/1')}POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc${get('/3')}`);
    const text = await read(client, (so) => so.includes('[/3]'));
    assert.deepEqual(text.match(/\[.*/g), ['[/1]HTTP/1.1 200 OK', '[/2]abcHTTP/1.1 200 OK', '[/3]']);
    assert.deepEqual(
      steps,
      ['/1', '/2', '/3'].flatMap((path) => [`${path} begins`, `${path} ends`]),
    );
  });

  it('hold up no other connection', async (test) => {
    const first = Promise.withResolvers<void>();
    const open = await start(test, async ({ rawPath }) => {
      if (rawPath === '/held') await first.promise;
      return answerOf(Buffer.from(`[${rawPath}]`));
    });
    const [holding, other] = [await open(), await open()];
    holding.write(`${get('/held')}${get('/behind')}`);
    other.write(get('/other'));
    await read(other, (text) => text.includes('[/other]'));
    first.resolve();
    await read(holding, (text) => text.includes('[/behind]'));
  });

  it('are made only once the answer before was taken', async (test) => {
    let received = 0;
    const receivedAtCall: number[] = [];
    const open = await start(test, async () => {
      receivedAtCall.push(received);
      return answerOf(big);
    });
    const client = await open();
    client.write(get('/').repeat(3));
    await new Promise<void>((resolve) => {
      client.on('data', (chunk) => {
        received += chunk.length;
        if (received > 3 * big.length) resolve();
      });
    });
    assert.equal(receivedAtCall.length, 3);
    for (const [call, bytes] of receivedAtCall.entries())
      assert.ok(bytes >= (call - 0.5) * big.length, `${bytes} bytes were taken before answer ${call + 1}`);
  });

  it('are not performed when the client has gone away meanwhile, which is no fault', async (test) => {
    const paths: string[] = [];
    const faults: unknown[] = [];
    const [called, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const open = await start(
      test,
      async ({ rawPath }) => {
        paths.push(rawPath);
        called.resolve();
        if (rawPath === '/1') await answered.promise;
        return answerOf(Buffer.from('a'));
      },
      { onFault: (fault) => faults.push(fault) },
    );
    const client = await open();
    client.write(get('/1') + get('/2').repeat(3));
    await called.promise;
    client.resetAndDestroy();
    // By when the server has heard of it: a newcomer is served after that.
    const newcomer = await open();
    newcomer.write(get('/3'));
    await read(newcomer, (text) => text.includes('200'));
    answered.resolve();
    for (let turn = 0; turn < 5; turn += 1) await turnOfTheLoop();
    assert.deepEqual(paths, ['/1', '/3']);
    assert.deepEqual(faults, []);
  });
});

describe('bounds on connections', { concurrency: true, timeout: 60_000 }, () => {
  it('ends one whose client does not read its answer', async (test) => {
    const made = Promise.withResolvers<void>();
    const open = await start(
      test,
      async () => {
        made.resolve();
        return answerOf(big);
      },
      { bounds: { silenceMs } },
    );
    const client = await open();
    client.pause();
    client.write(get('/'));
    await made.promise;
    const ended = await new Promise<boolean>((resolve) => {
      // Nothing is read, so that only a write hears of the end.
      const probe = setInterval(() => client.write(get('/')), 1.2 * silenceMs);
      client.once('close', () => {
        clearInterval(probe);
        resolve(true);
      });
    });
    assert.ok(ended);
    assert.ok(client.bytesRead < big.length);
  });

  it('leaves one alone that waits for its next request', async (test) => {
    const open = await start(test, async () => answerOf(Buffer.from('[done]')), {
      bounds: { silenceMs },
    });
    const [waiting, silent] = [await open(), await open()];
    waiting.write(get('/'));
    await once(waiting, 'data');
    // Whoever has asked nothing yet is what the bound is for.
    await once(silent.resume(), 'close');
    waiting.write(get('/'));
    const [again] = await once(waiting, 'data');
    assert.match(String(again), /\[done\]$/);
  });

  it('leaves one alone that takes a long answer slowly, over TLS', async (test) => {
    const read = (name: string) => readFileSync(join(import.meta.dirname, `fixtures/first.${name}.pem`));
    const pair = { cert: read('cert'), key: read('key') };
    const server = await startInteractionServer({
      ...{ host: '127.0.0.1', port: 0, tls: { current: () => pair } },
      handlerFor: () => async () => answerOf(big),
      onFault: assert.ifError,
      bounds: { silenceMs },
    });
    test.after(() => server.close());
    const client = tlsConnect({ port: Number(new URL(server.origin).port), rejectUnauthorized: false });
    test.after(() => client.destroy());
    client.write(get('/'));
    const startedMs = performance.now();
    let bytes = 0;
    for await (const chunk of client as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > big.length) break;
      // So that all of it takes longer than the silence, and no part of it does.
      const dueMs = startedMs + (bytes / big.length) * 2.5 * silenceMs;
      if (performance.now() < dueMs) await delay(dueMs - performance.now());
    }
    assert.ok(bytes > big.length, `${bytes} bytes came`);
  });

  it('ends those beyond the most that are taken, and tells of it', async (test) => {
    const told: number[] = [];
    const open = await start(test, async () => answerOf(Buffer.from('[done]')), {
      bounds: { maxConnections: 2 },
      onTurnedAway: (count) => told.push(count),
    });
    const taken = [await open(), await open()];
    const beyond = await open();
    await once(beyond.resume(), 'close');
    assert.deepEqual(told, [2]);
    for (const client of taken) {
      client.write(get('/'));
      assert.match(await read(client, (text) => text.includes('[done]')), /200 OK/);
    }
  });
});
