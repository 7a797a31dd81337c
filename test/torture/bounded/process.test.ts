// Faults of disk and process, the most telling ones once: test/torture/process has them all, in both stances.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FOUND_ROWS } from '../process/found-files.ts';
import { lastingRow } from '../process/lasting-fault.ts';
import { LOG_FAULTS } from '../process/log-faults.ts';
import { slopeOf } from '../process/slope.ts';
import { STATE_FAULTS } from '../process/state-faults.ts';
import type { Stance } from '../process/trial.ts';

const ROWS = new Map(
  [
    ...[...LOG_FAULTS, ...STATE_FAULTS].map((fault) => lastingRow(fault, { isBrief: true })),
    ...FOUND_ROWS,
  ].map((row) => [row.name, row]),
);

/** How long something took is for the long run: a machine with other things to do makes no promise of time. */
const TOLD: readonly (readonly [name: string, stance: Stance])[] = [
  ['standard error on a full disk, then freed', 'draining'],
  ['log pipe that nobody reads is full', 'running'],
  ['state directory read-only', 'draining'],
  ['record found a FIFO', 'draining'],
];

describe('faults of disk and process', { concurrency: true, timeout: 120_000 }, () => {
  for (const [name, stance] of TOLD) {
    it(`${name}, while ${stance}`, async () => {
      const row = ROWS.get(name);
      assert.ok(row !== undefined, `no such row: ${name}`);
      const { broken } = await row.attempt(stance);
      assert.deepEqual(broken, []);
    });
  }
});

it('the judgement of a day tells what grows from what shakes', () => {
  const days = Array.from({ length: 100 }, (_, index) => index / 100);
  const shaking = slopeOf(days.map((x, index) => [x, index % 2 === 0 ? 49 : 51]));
  assert.ok(Math.abs(shaking.slope) < 2 * shaking.error, JSON.stringify(shaking));
  const growing = slopeOf(days.map((x, index) => [x, 10 * x + (index % 2 === 0 ? 49 : 51)]));
  assert.ok(growing.slope - 2 * growing.error > 6, JSON.stringify(growing));
});
