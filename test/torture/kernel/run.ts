// Tries the kernel's faults at length: a JSON line for each row, and on standard error what broke.
//
//   node test/torture/kernel/run.ts [--only WORDS] [--mode owned|plain] [--step N [--offset N]] [--to N] [--lanes N]
//
// Of long rows every N-th call is spoiled, beginning at another one in each row; --step 1, or as many runs with --offset 0, 1, ...,
// try them all.
import { parseArgs } from 'node:util';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { printRow } from '../row.ts';
import { MODES } from '../../e2e/packets/drain-host.ts';
import { ALTERATION_ROWS } from './alterations.ts';
import { ERROR_ROWS } from './errors.ts';
import { type FaultRow, type Sample, tryRow } from './fault-row.ts';
import { FIGHT_ROWS } from './fights.ts';
import { FOREIGN_SET_ROWS } from './foreign-sets.ts';
import { KILL_ROWS } from './kills.ts';
import { OVERFLOW_ROWS } from './overflow.ts';
import { compilePrograms } from './programs.ts';
import { RELOAD_ROWS } from './reloads.ts';
import { WRITER_ROWS } from './writers.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    mode: { type: 'string' },
    step: { type: 'string', default: '16' },
    offset: { type: 'string', default: '0' },
    to: { type: 'string', default: '1000' },
    lanes: { type: 'string', default: '3' },
  },
});
const [step, offset, to] = [Number(values.step), Number(values.offset), Number(values.to)];
const rows: readonly FaultRow[] = [
  ...ERROR_ROWS,
  ...KILL_ROWS,
  ...OVERFLOW_ROWS,
  ...WRITER_ROWS,
  ...ALTERATION_ROWS,
  ...RELOAD_ROWS,
  ...FIGHT_ROWS,
  ...FOREIGN_SET_ROWS,
];
const tries = rows.map((row, i): { row: FaultRow; sample: Sample } => ({
  row,
  sample: row.isLong ? { from: 1 + ((offset + i) % step), step, to } : { from: 1, step: 1, to },
}));
const modes = MODES.filter((mode) => values.mode === undefined || values.mode === mode);
const jobs = modes.flatMap((mode) =>
  tries.filter(({ row }) => row.name.includes(values.only)).map((one) => ({ ...one, mode })),
);

const scratch = temporaryDirectory();
let isBroken = false;
try {
  const programs = compilePrograms(scratch.path);
  // Worlds side by side: most of the time an agent waits for its next poll.
  const lane = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { row, mode, sample } = job;
      const result = await tryRow(row, mode, programs, sample, (what) => process.stderr.write(`${what}\n`));
      // A call that one of the modes does not make.
      if (result.times > 0) printRow(result);
      isBroken ||= result.broken > 0;
    }
  };
  await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
} finally {
  scratch.close();
}
process.exitCode = isBroken ? 1 : 0;
