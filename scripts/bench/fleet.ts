// What a fleet asks of the API and of AWS: the questions of one instance in an hour, counted where they arrive, and how the polls of
// ten thousand agents that were restarted together spread. As root.
//   node_modules/.bin/node scripts/bench/fleet.ts [--speed 30] [--agents 20]
import { parseArgs } from 'node:util';
import { questionsInAnHour } from './fleet/one-hour.ts';
import { distanceFromUniform, realPhases } from './fleet/real-phases.ts';
import { busiestSecond, type Fleet } from './fleet/restarted-fleet.ts';
import { printRow } from './row.ts';
import { inWords, number, spreadOf } from './spread.ts';

const HOUR = { periodS: 10, contextS: 300 };
const POLLS_AN_HOUR = 360;
const MAX_INVOKES = 12;
const FLEET: Fleet = { agents: 10_000, periodMs: 10_000, periods: 6 };
const RESTARTS = 30;
const MAX_BUSIEST = 1.5;
/** A twentieth of all samples that are evenly drawn lie further off. */
const KOLMOGOROV_95 = 1.358;

const { values } = parseArgs({
  options: { speed: { type: 'string', default: '30' }, agents: { type: 'string', default: '20' } },
});
await printHour(Number(values.speed));
printRestart();
await printRealPhases(Number(values.agents));

async function printHour(speed: number): Promise<void> {
  const { polls, operations } = await questionsInAnHour({ ...HOUR, speed });
  process.stderr.write(`asked in an hour: ${JSON.stringify(operations)}\n`);
  const invokes = operations['lambda Invoke'] ?? 0;
  const others = ['ec2 DescribeInstances', 'sts GetCallerIdentity'].map((name) => operations[name] ?? 0);
  const [described = 0, identified = 0] = others;
  printRow({
    what: `an instance's questions in an hour, period ${HOUR.periodS} s, context ${HOUR.contextS} s (its clock ${speed} times as fast)`,
    against: 'the old tool, published: of its source, not measured',
    ours: `${polls} polls (a slot is skipped that passes while a poll takes its time), ${invokes} Lambda invokes, ${described} DescribeInstances, ${identified} GetCallerIdentity`,
    theirs:
      '360 polls, 12 to 120 rediscoveries, each a DescribeInstances, a GetCallerIdentity and a Lambda invoke',
    ratio: '',
    target: `≤ ${POLLS_AN_HOUR} polls, ≤ ${MAX_INVOKES} Lambda invokes`,
    isMet: polls <= POLLS_AN_HOUR && invokes <= MAX_INVOKES,
  });
}

function printRestart(): void {
  const busiest = spreadOf(Array.from({ length: RESTARTS }, () => busiestSecond(FLEET)));
  printRow({
    what: `${FLEET.agents.toLocaleString('en')} simulated agents restarted together: the busiest second after the first period`,
    against: 'the mean of all seconds',
    ours: `${inWords(busiest, '× the mean')}; ${number(busiest.most)} × at most`,
    theirs: '',
    ratio: `${number(busiest.median)} ×`,
    target: `≤ ${MAX_BUSIEST} ×`,
    isMet: busiest.most <= MAX_BUSIEST,
  });
}

async function printRealPhases(agents: number): Promise<void> {
  const phases = await realPhases(agents);
  const distance = distanceFromUniform(phases);
  const bound = KOLMOGOROV_95 / Math.sqrt(agents);
  printRow({
    what: `the same of ${agents} real agents: how far the phases they drew are from evenly drawn ones`,
    against: 'the simulation, which draws them evenly',
    ours: `${number(distance)}, phases from ${number(Math.min(...phases))} to ${number(Math.max(...phases))} periods`,
    theirs: `≤ ${number(bound)} in 95 of 100 samples`,
    ratio: '',
    target: '',
    isMet: null,
  });
}
