// What other programs do to the table, a few of it, each once: scripts/torture has it all, firewalld and ufw among it, and holds
// the agent to its times as well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { MODES } from '../../e2e/packets/drain-host.ts';
import { ALTERATION_ROWS } from '../kernel/alterations.ts';
import { FaultWorld } from '../kernel/fault-world.ts';
import { drainUnspoiled } from '../kernel/others.ts';
import { compilePrograms } from '../kernel/programs.ts';

const NAMES = [
  'table deleted',
  'everything flushed',
  'a rule removed',
  'a port added',
  "replaced by someone else's table of our name",
] as const;
const ROWS = new Map(ALTERATION_ROWS.map((row) => [row.name, row]));

// Both at a time: most of the time an agent waits.
describe('what other programs do to the table', { concurrency: MODES.length }, () => {
  const scratch = temporaryDirectory();
  after(scratch.close);
  const programs = compilePrograms(scratch.path);

  for (const mode of MODES) {
    describe(`the table ${mode}`, { concurrency: 1 }, () => {
      let world: FaultWorld;
      let expected: string | null;

      before(async () => {
        world = await FaultWorld.create(mode, programs);
        expected = await drainUnspoiled(world);
      });
      after(() => world?.close());

      for (const name of NAMES) {
        test(name, async () => {
          const row = ROWS.get(name);
          assert.ok(row !== undefined, `no such row: ${name}`);
          for (const { broken, log } of await row.inject(world, 1, expected))
            assert.deepEqual(broken, [], `${row.promise}\n${log}`);
        });
      }
    });
  }
});
