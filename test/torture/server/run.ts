// Every row of this room: one line of JSON a row, and what was promised and not kept.
//   node_modules/.bin/node test/torture/server/run.ts [--times N] [--only 'regular expression']
import { parseArgs } from 'node:util';
import { printRow } from '../row.ts';
import type { ServerRow } from './attack.ts';
import { BOMB_ROWS } from './bombs.ts';
import { CROWD_ROWS } from './crowds.ts';
import { DATABASE_ROWS } from './databases.ts';
import { DISK_ROWS } from './disks.ts';
import { FRAMING_ROWS } from './framing.ts';
import { PATH_ROWS } from './paths.ts';
import { SIGNATURE_ROWS } from './signatures.ts';
import { SIZE_ROWS } from './sizes.ts';
import { SLOW_ROWS } from './slow-clients.ts';

const { values } = parseArgs({
  options: { times: { type: 'string' }, only: { type: 'string', default: '' } },
});
const only = new RegExp(values.only);

async function run(row: ServerRow): Promise<void> {
  if (!only.test(row.name)) return;
  const { tries, broken, recoveryMs } = await row.run(Number(values.times ?? row.times));
  printRow({ fault: row.name, times: tries, broken: broken.length, worstRecoveryMs: recoveryMs });
  if (broken.length === 0) return;
  process.exitCode = 1;
  for (const promise of new Set(broken)) process.stderr.write(`${row.name}: ${promise}\n`);
}

await Promise.all(SLOW_ROWS.map(run));
const others = [
  SIZE_ROWS,
  FRAMING_ROWS,
  SIGNATURE_ROWS,
  PATH_ROWS,
  BOMB_ROWS,
  DISK_ROWS,
  DATABASE_ROWS,
  CROWD_ROWS,
];
for (const row of others.flat()) await run(row);
