// Faults of disk and process: a line of JSON a row, and on standard error what was promised and not kept, and what was measured.
//   node_modules/.bin/node test/torture/process/run.ts [--times 1] [--only 'regular expression'] [--speed 120] [--minutes 60]
import { parseArgs } from 'node:util';
import { printRow, type Row } from '../row.ts';
import { dayRow, realTimeRow } from './day.ts';
import { FOUND_ROWS } from './found-files.ts';
import { lastingRow } from './lasting-fault.ts';
import { LIMIT_ROWS } from './limits.ts';
import { LOG_FAULTS } from './log-faults.ts';
import { MEMORY_ROW } from './memory.ts';
import { SIGNAL_ROWS } from './signals.ts';
import { STATE_FAULTS } from './state-faults.ts';
import type { ProcessRow, Trial } from './trial.ts';

/** Rows that wait most of their time, side by side. */
const LANES = 3;

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    speed: { type: 'string', default: '120' },
    minutes: { type: 'string', default: '60' },
  },
});
const times = Number(values.times);
const only = new RegExp(values.only);
const all: readonly ProcessRow[] = [
  ...LOG_FAULTS.map((fault) => lastingRow(fault)),
  ...STATE_FAULTS.map((fault) => lastingRow(fault)),
  ...FOUND_ROWS,
  ...LIMIT_ROWS,
  ...SIGNAL_ROWS,
  MEMORY_ROW,
  dayRow(Number(values.speed)),
  realTimeRow(Number(values.minutes)),
];
const rows = all.filter(({ name }) => only.test(name));

let isBroken = false;
const queue = rows.filter(({ isAlone }) => isAlone !== true);
await Promise.all(
  Array.from({ length: LANES }, async () => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) await tryRow(row);
  }),
);
for (const row of rows.filter(({ isAlone }) => isAlone === true)) await tryRow(row);
process.exitCode = isBroken ? 1 : 0;

async function tryRow(row: ProcessRow): Promise<void> {
  const counted: { -readonly [K in keyof Row]: Row[K] } = {
    fault: row.name,
    times: 0,
    broken: 0,
    worstRecoveryMs: null,
  };
  for (let round = 0; round < (row.times ?? times); round += 1) {
    for (const stance of row.stances) {
      const { broken, recoveryMs, figures } = judged(row, await row.attempt(stance));
      counted.times += 1;
      counted.broken += broken.length;
      if (recoveryMs !== null) counted.worstRecoveryMs = Math.max(counted.worstRecoveryMs ?? 0, recoveryMs);
      if (figures !== undefined) process.stderr.write(`${row.name}, ${stance}: ${figures}\n`);
      if (broken.length === 0) continue;
      isBroken = true;
      process.stderr.write(`${row.name}, ${stance}: ${broken.join('; ')}\n`);
    }
  }
  printRow(counted);
}

/** With what came too late as broken as the rest. */
function judged(row: ProcessRow, trial: Trial): Trial {
  const { broken, late = [], recoveryMs } = trial;
  const isSlow = recoveryMs !== null && recoveryMs > row.withinMs;
  const slow = isSlow ? [`recovered after ${recoveryMs} ms, more than ${row.withinMs}`] : [];
  return { ...trial, broken: [...broken, ...late, ...slow] };
}
