import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { connectionLimit } from '../../../../src/watcher/observe/connection-limit.ts';
import { startAgentCheckListener } from '../../../../src/watcher/observe/agent-check-listener.ts';
import type { Listener } from '../../../../src/watcher/observe/listener.ts';
import { ended, freePort, untilListening } from './listening.ts';

describe('the agent-check listener', () => {
  let port: number;
  let listener: Listener;
  let isDraining = false;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    port = await freePort();
    isDraining = false;
    listener = startAgentCheckListener({
      address: { host: '127.0.0.1', port },
      isDraining: () => isDraining,
      onTrouble: (problem) => assert.fail(problem ?? 'recovered'),
    });
    await untilListening(port);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await listener.close();
  });

  function open(options: { allowHalfOpen?: boolean } = {}): Socket {
    const socket = connect({ port, host: '127.0.0.1', ...options });
    sockets.push(socket);
    socket.on('error', () => {});
    return socket;
  }

  it('says one line and closes', async () => {
    assert.equal(await text(open()), 'up ready\n');
    isDraining = true;
    assert.equal(await text(open()), 'drain\n');
  });

  it('says the same whatever it is sent, also a lot', async () => {
    const socket = open();
    socket.write('x'.repeat(1_000_000));
    assert.equal(await text(socket), 'up ready\n');
  });

  it('lets go of a client that never closes', async () => {
    const socket = open({ allowHalfOpen: true });
    socket.resume();
    await once(socket, 'end');
    const beganMs = performance.now();
    // The far end is gone once what is written is answered by a reset.
    const keepWriting = setInterval(() => socket.write('x'), 50);
    await ended(socket).finally(() => clearInterval(keepWriting));
    assert.ok(performance.now() - beganMs > 3_000, 'not before its time');
  });

  it('answers beside clients that hold on', async () => {
    for (let i = 0; i < 2 * connectionLimit(); i += 1) {
      const socket = open({ allowHalfOpen: true });
      socket.resume();
      await once(socket, 'end');
    }
    assert.equal(await text(open()), 'up ready\n');
  });
});
