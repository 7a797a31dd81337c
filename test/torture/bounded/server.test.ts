// The most telling attacks on `cs-interact serve`, a few tries each: scripts/torture tries all of them, and for longer.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerRow } from '../server/attack.ts';
import { BOMB_ROWS } from '../server/bombs.ts';
import { CROWD_ROWS } from '../server/crowds.ts';
import { DATABASE_ROWS } from '../server/databases.ts';
import { DISK_ROWS } from '../server/disks.ts';
import { FRAMING_ROWS } from '../server/framing.ts';
import { PATH_ROWS } from '../server/paths.ts';
import { SIGNATURE_ROWS } from '../server/signatures.ts';
import { SIZE_ROWS } from '../server/sizes.ts';

const ROWS = new Map(
  [SIZE_ROWS, FRAMING_ROWS, SIGNATURE_ROWS, PATH_ROWS, BOMB_ROWS, DISK_ROWS, DATABASE_ROWS, CROWD_ROWS]
    .flat()
    .map((row): [string, ServerRow] => [row.name, row]),
);

/** Each has a server of its own. */
const TRIED: Readonly<Record<string, number>> = {
  'headers and bodies too large': 1,
  'requests that two readers read differently': 1,
  'signatures of another kind, scope, key, body': 1,
  'disk full': 1,
  'killed while it writes': 1,
  'database: 100 bits flipped': 1,
  'out of file descriptors': 1,
};

describe('attacks on cs-interact serve', { concurrency: 2, timeout: 300_000 }, () => {
  for (const [name, times] of Object.entries(TRIED)) {
    it(name, async () => {
      const row = ROWS.get(name);
      assert.ok(row !== undefined, `no such row: ${name}`);
      const { tries, broken } = await row.run(times);
      assert.deepEqual(broken, []);
      assert.ok(tries >= times);
    });
  }
});
