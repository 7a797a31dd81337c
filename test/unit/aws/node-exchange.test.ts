// The exchange over Node.js's own client: the contract, and that it keeps its connection.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { Agent, createServer } from 'node:https';
import { test } from 'node:test';
import { closeAgents, createDirectAgents } from '../../../src/aws/http-agents.ts';
import { exchange } from '../../../src/aws/node-exchange.ts';
import { keepsTheContract, maxBodyBytes, withServer } from './exchange.contract.ts';

keepsTheContract(exchange);

test('requests in turn share one connection, however soon the answers come', async () => {
  const key = readFileSync(new URL('fixtures/localhost.key.pem', import.meta.url));
  const cert = readFileSync(new URL('fixtures/localhost.cert.pem', import.meta.url));
  let connections = 0;
  const server = createServer({ key, cert }, (_, response) => response.end('answer'));
  server.on('secureConnection', () => {
    connections += 1;
  });
  const agents = { ...createDirectAgents(), https: new Agent({ ca: cert, keepAlive: true }) };
  const signal = new AbortController().signal;
  await withServer(server, async (port) => {
    const request = { method: 'GET', url: new URL(`https://127.0.0.1:${port}/`), headers: {} } as const;
    for (let asked = 0; asked < 50; asked += 1) await exchange(request, { agents, maxBodyBytes, signal });
  });
  closeAgents(agents);
  assert.equal(connections, 1);
});

test('a server that goes on with another protocol has given no answer', async () => {
  const server = createPlainServer((request) => {
    request.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
  });
  const agents = createDirectAgents();
  const signal = new AbortController().signal;
  await withServer(server, (port) =>
    assert.rejects(
      exchange(
        { method: 'GET', url: new URL(`http://127.0.0.1:${port}/`), headers: {} },
        { agents, maxBodyBytes, signal },
      ),
      { failure: 'reset', message: /closed without an answer/ },
    ),
  );
  closeAgents(agents);
});
