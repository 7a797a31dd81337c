// The kernel's faults, a few of each: scripts/torture tries every call, and holds the agent to its times as well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { ERROR_ROWS } from '../kernel/errors.ts';
import { FaultWorld } from '../kernel/fault-world.ts';
import { leastFlips } from '../kernel/flips.ts';
import { KILL_ROWS } from '../kernel/kills.ts';
import { OVERFLOW_ROWS } from '../kernel/overflow.ts';
import { compilePrograms } from '../kernel/programs.ts';
import { WRITER_ROWS } from '../kernel/writers.ts';
import type { Mode } from '../../e2e/packets/drain-host.ts';

interface Lane {
  readonly mode: Mode;
  /** Whether the rows begin while ports are closed. */
  readonly isClosed: boolean;
  /** Rows by their names, each with the number of the call to spoil; none more than the shortest run of its phase has. */
  readonly tries: readonly (readonly [name: string, at: number])[];
}

/** Worlds side by side: most of the time an agent waits for its next poll. */
const LANES: readonly Lane[] = [
  {
    mode: 'owned',
    isClosed: true,
    tries: [
      ['start and adopt: a call fails with ENOBUFS', 4],
      // Amid the answers by which the agent learns what the kernel can do: the next table shows what it made of them.
      ['start and adopt: a call fails with EAGAIN', 56],
      // When the new ports are refused, and sets of interim names are left.
      ['replace: killed at a call, and started again', 70],
    ],
  },
  {
    mode: 'plain',
    isClosed: true,
    tries: [
      ['start and adopt: a request is refused with ENOMEM', 21],
      ['hear of another program: a call fails with ENOMEM', 1],
      // The first of a replacement's transactions.
      ['replace: a request is refused with ENOMEM', 22],
      ['notifications lost while the agent stands still', 1],
    ],
  },
  {
    mode: 'owned',
    isClosed: false,
    tries: [['apply, remove: killed at a call, and started again', 25]],
  },
  {
    mode: 'plain',
    isClosed: false,
    tries: [
      ['apply, remove: another generation when a transaction arrives', 1],
      ['another program commits, 100 us between two transactions', 1],
    ],
  },
];

const ROWS = new Map(
  [...ERROR_ROWS, ...KILL_ROWS, ...OVERFLOW_ROWS, ...WRITER_ROWS].map((row) => [row.name, row]),
);

describe('what the kernel does to an agent', { concurrency: LANES.length }, () => {
  const scratch = temporaryDirectory();
  after(scratch.close);
  const programs = compilePrograms(scratch.path);

  for (const { mode, isClosed, tries } of LANES) {
    describe(`the table ${mode}, ports ${isClosed ? 'closed' : 'open'}`, { concurrency: 1 }, () => {
      let world: FaultWorld;
      let expected: string | null;

      before(async () => {
        world = await FaultWorld.create(mode, programs);
        expected = await world.drain();
        if (!isClosed) await world.open();
      });
      after(() => world?.close());

      for (const [name, at] of tries) {
        test(`${name}, call ${at}`, async () => {
          const row = ROWS.get(name);
          assert.ok(row !== undefined, `no such row: ${name}`);
          for (const { call, broken, log } of await row.inject(world, at, expected)) {
            assert.deepEqual(broken, [], [row.promise, ...broken, log].join('\n'));
            assert.notEqual(call, null, 'there was a call to spoil');
          }
        });
      }
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
