// Every fault of this room, in both stances, as often as told: one line of JSON a fault, and what was promised and not kept.
//   node_modules/.bin/node test/torture/api/run.ts [--times 1] [--polls 600] [--outage-polls 60] [--lanes 5] [--only 'regular expression']
import { parseArgs } from 'node:util';
import { printRow, type Row } from '../row.ts';
import { jobs } from './jobs.ts';
import type { Trial } from './try-fault.ts';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '1' },
    polls: { type: 'string', default: '600' },
    'outage-polls': { type: 'string', default: '60' },
    lanes: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});

interface Open {
  readonly row: { -readonly [K in keyof Row]: Row[K] };
  jobsLeft: number;
}

const waiting = jobs({
  times: Number(values.times),
  polls: Number(values.polls),
  outagePolls: Number(values['outage-polls']),
  only: new RegExp(values.only),
});
const rows = new Map<string, Open>();
for (const { faults } of waiting) {
  for (const fault of faults) {
    const open = rows.get(fault) ?? { row: newRow(fault), jobsLeft: 0 };
    open.jobsLeft += 1;
    rows.set(fault, open);
  }
}
await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
if ([...rows.values()].some(({ row }) => row.broken > 0)) process.exitCode = 1;

async function lane(): Promise<void> {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    const { faults, stance, run } = job;
    try {
      await run((fault, trial) => note(fault, stance, trial));
    } catch (error) {
      // The world itself: what was not tried is not kept.
      for (const fault of faults) note(fault, stance, { broken: [String(error)], recoveryMs: null });
    }
    for (const fault of faults) end(fault);
  }
}

function newRow(fault: string): Open['row'] {
  return { fault, times: 0, broken: 0, worstRecoveryMs: null };
}

function note(fault: string, stance: string, { broken, recoveryMs }: Trial): void {
  const { row } = rows.get(fault) as Open;
  row.times += 1;
  row.broken += broken.length;
  if (recoveryMs !== null) row.worstRecoveryMs = Math.max(row.worstRecoveryMs ?? 0, recoveryMs);
  if (broken.length > 0) process.stderr.write(`${fault}, ${stance}: ${broken.join('; ')}\n`);
}

function end(fault: string): void {
  const open = rows.get(fault) as Open;
  open.jobsLeft -= 1;
  if (open.jobsLeft === 0) printRow(open.row);
}
