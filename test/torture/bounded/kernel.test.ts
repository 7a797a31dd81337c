// The kernel's faults, a few of each: scripts/torture tries every call.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { ERROR_ROWS } from '../kernel/errors.ts';
import type { FaultRow } from '../kernel/fault-row.ts';
import { FaultWorld } from '../kernel/fault-world.ts';
import { leastFlips } from '../kernel/flips.ts';
import { KILL_ROWS } from '../kernel/kills.ts';
import { compilePrograms } from '../kernel/programs.ts';
import { WRITER_ROWS } from '../kernel/writers.ts';
import { MODES } from '../../e2e/packets/drain-host.ts';

/** In the order of a drain that goes on and then ends: rows by their names, each with the number of the call to spoil. */
const WHILE_CLOSED = [
  ['start and adopt: a call fails with ENOBUFS', 4],
  ['start and adopt: a request is refused with ENOMEM', 21],
  // Amid the answers by which the agent learns what the kernel can do: the next table shows what it made of them.
  ['start and adopt: a call fails with EAGAIN', 56],
] as const;
const WHILE_OPEN = [
  ['apply, remove: another generation when a transaction arrives', 1],
  ['apply, remove: killed at a call, and started again', 25],
  ['another program commits, 100 us between two transactions', 1],
] as const;

const ROWS = new Map([...ERROR_ROWS, ...KILL_ROWS, ...WRITER_ROWS].map((row) => [row.name, row]));

// Both at a time: they wait for polls most of it.
describe('what the kernel does to an agent', { concurrency: MODES.length }, () => {
  const scratch = temporaryDirectory();
  after(scratch.close);
  const programs = compilePrograms(scratch.path);

  for (const mode of MODES) {
    describe(`the table ${mode}`, { concurrency: 1 }, () => {
      let world: FaultWorld;
      let expected: string | null;

      before(async () => {
        world = await FaultWorld.create(mode, programs);
        expected = await world.drain();
      });
      after(() => world?.close());

      const tried = async (name: string, at: number): Promise<void> => {
        const row = ROWS.get(name) as FaultRow;
        for (const { call, broken } of await row.inject(world, at, expected)) {
          assert.deepEqual(broken, [], `${row.promise}: ${broken.join('\n')}`);
          assert.notEqual(call, null, 'there was a call to spoil');
        }
      };
      for (const [name, at] of WHILE_CLOSED) test(`${name}, call ${at}`, () => tried(name, at));
      test('the drain ends', () => world.open());
      for (const [name, at] of WHILE_OPEN) test(`${name}, call ${at}`, () => tried(name, at));
    });
  }
});

test('the judgement tells: ports that change in one moment need one flip, one by one they need more', () => {
  const attempt = (beganMs: number, endedMs: number, outcome: string) => ({
    target: 0,
    beganMs,
    endedMs,
    outcome,
  });
  const [open, closed] = ['connected', 'ECONNREFUSED'] as const;
  const inOneMoment = [
    attempt(0, 1, open),
    attempt(1, 9, open),
    attempt(3, 4, closed),
    attempt(5, 6, closed),
  ];
  assert.equal(leastFlips(inOneMoment), 1);
  assert.equal(leastFlips(inOneMoment.slice(0, 2)), 0);
  assert.equal(leastFlips([...inOneMoment, attempt(5, 7, open)]), 2);
  assert.equal(leastFlips([...inOneMoment, attempt(5, 7, open), attempt(8, 9, closed)]), 3);
});
