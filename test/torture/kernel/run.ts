// Tries the kernel's faults at length: a JSON line for each row, and on standard error what broke.
//
//   node test/torture/kernel/run.ts [--only WORDS] [--step N] [--from N] [--mode owned|plain]
import { parseArgs } from 'node:util';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { printRow } from '../row.ts';
import { MODES } from '../../e2e/packets/drain-host.ts';
import { ERROR_ROWS } from './errors.ts';
import { tryRow } from './fault-row.ts';
import { KILL_ROWS } from './kills.ts';
import { compilePrograms } from './programs.ts';
import { WRITER_ROWS } from './writers.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    mode: { type: 'string' },
    from: { type: 'string', default: '1' },
    step: { type: 'string', default: '1' },
    to: { type: 'string', default: '1000' },
  },
});
const sample = { from: Number(values.from), step: Number(values.step), to: Number(values.to) };
const rows = [...ERROR_ROWS, ...KILL_ROWS, ...WRITER_ROWS].filter(({ name }) => name.includes(values.only));
const scratch = temporaryDirectory();
let broken = 0;
try {
  const programs = compilePrograms(scratch.path);
  for (const mode of MODES.filter((one) => values.mode === undefined || values.mode === one)) {
    for (const row of rows) {
      const result = await tryRow(row, mode, programs, sample, (what) => process.stderr.write(`${what}\n`));
      printRow(result);
      broken += result.broken;
    }
  }
} finally {
  scratch.close();
}
process.exitCode = broken === 0 ? 0 : 1;
