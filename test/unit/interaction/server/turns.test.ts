// Whose turn it is, with sockets that are none.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { it } from 'node:test';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { createTurns, type TakeTurn } from '../../../../src/interaction/server/turns.ts';

/** A connection whose answers close when told. */
function connection(takeTurn: TakeTurn) {
  const socket = {
    writable: true,
    destroy() {
      socket.writable = false;
    },
  };
  const closers: (() => void)[] = [];
  /** What became of each request, by now. */
  const turns: (boolean | undefined)[] = [];
  return {
    socket,
    turns,
    ask() {
      const response = new EventEmitter();
      closers.push(() => response.emit('close'));
      const index = turns.push(undefined) - 1;
      const turn = takeTurn({ socket } as never as IncomingMessage, response as ServerResponse);
      void turn.then((isWritable) => {
        turns[index] = isWritable;
      });
    },
    async closeAnswer(index: number) {
      closers[index]!();
      await turnOfTheLoop();
    },
  };
}

it('an answer waits until the one before was taken', async () => {
  const one = connection(createTurns(10));
  for (let count = 0; count < 3; count += 1) one.ask();
  await turnOfTheLoop();
  assert.deepEqual(one.turns, [true, undefined, undefined]);
  await one.closeAnswer(0);
  assert.deepEqual(one.turns, [true, true, undefined]);
  await one.closeAnswer(1);
  assert.deepEqual(one.turns, [true, true, true]);
});

it('one that has more waiting than there may be is ended, and the others are not', async () => {
  const takeTurn = createTurns(2);
  const [greedy, other] = [connection(takeTurn), connection(takeTurn)];
  for (let count = 0; count < 3; count += 1) greedy.ask();
  await turnOfTheLoop();
  assert.equal(greedy.socket.writable, true);
  // Those that ask once have nothing that waits, at any number of requests.
  for (const index of [0, 1, 2]) {
    other.ask();
    await other.closeAnswer(index);
  }
  assert.deepEqual(other.turns, [true, true, true]);
  greedy.ask();
  greedy.ask();
  assert.equal(greedy.socket.writable, false);
  assert.equal(other.socket.writable, true);

  // Node closes the answer that is begun, and none of the others.
  await greedy.closeAnswer(0);
  assert.deepEqual(greedy.turns, [true, false, false, false, false]);
  // What waited is given back.
  const next = connection(takeTurn);
  for (let count = 0; count < 3; count += 1) next.ask();
  assert.equal(next.socket.writable, true);
});
