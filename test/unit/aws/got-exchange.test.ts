// The exchange over got: the contract, and its bounds of the steps to a connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { runWithin } from '../../../src/aws/deadline.ts';
import { gotExchange } from '../../../src/aws/got-exchange.ts';
import { closeAgents, createDirectAgents } from '../../../src/aws/http-agents.ts';
import { TransportError, type TransportFailure } from '../../../src/aws/transport-error.ts';
import { keepsTheContract, maxBodyBytes, withServer } from './exchange.contract.ts';

keepsTheContract(gotExchange({ connectTimeoutMs: 5_000 }));

describe('an address that does not let one connect', () => {
  const ask = (href: string) => {
    const agents = createDirectAgents();
    const request = { method: 'GET', url: new URL(href), headers: {} } as const;
    return runWithin({ timeoutMs: 5_000 }, (signal) =>
      gotExchange({ connectTimeoutMs: 100 })(request, { agents, maxBodyBytes, signal }),
    ).finally(() => closeAgents(agents));
  };
  const isGivenUp = (failure: TransportFailure, step: string) => (error: unknown) =>
    error instanceof TransportError &&
    error.failure === failure &&
    error.code === 'ETIMEDOUT' &&
    error.message.includes(`no connection: Timeout awaiting '${step}' for 100ms`);

  test('is given up before the deadline, when nobody accepts', async () => {
    // A worker that listens and never runs again: with its queue full, the kernel drops the next handshake.
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         parentPort.postMessage(server.address().port);
         setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
       });`,
      { eval: true },
    );
    const held: Socket[] = [];
    try {
      const [port] = (await once(worker, 'message')) as [number];
      let failure: unknown;
      // How many handshakes a queue of one takes is the kernel's matter.
      while (held.length < 8) {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.on('error', () => undefined);
        held.push(socket);
        const isConnected = await Promise.race([
          once(socket, 'connect').then(() => true),
          delay(300).then(() => false),
        ]);
        if (isConnected) continue;
        failure = await ask(`http://127.0.0.1:${port}/`).catch((error: unknown) => error);
        break;
      }
      assert.ok(isGivenUp('refused', 'connect')(failure), String(failure));
    } finally {
      for (const socket of held) socket.destroy();
      await worker.terminate();
    }
  });

  test('is given up before the deadline, when TLS is not begun', () =>
    withServer(createTcpServer(), (port) =>
      assert.rejects(ask(`https://127.0.0.1:${port}/`), isGivenUp('tls', 'secureConnect')),
    ));

  test('but a slow answer is waited for', () =>
    withServer(
      createServer((_, response) => {
        void delay(300).then(() => response.end('late'));
      }),
      async (port) => assert.equal((await ask(`http://127.0.0.1:${port}/`)).body.toString(), 'late'),
    ));
});
