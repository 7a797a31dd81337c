// How many requests fail through HAProxy and nginx, with the configurations that are shipped, while an instance behind them is drained
// and stopped once it is; and how many while it is stopped without a drain. Several of each balancer at a time, so that it does not take all day.
//   node_modules/.bin/node scripts/bench/balancers.ts [--drains 10] [--bare 6]
import { parseArgs } from 'node:util';
import { BALANCERS, type Balancer, RunOfDrains, type Stops } from './balancers/run-of-drains.ts';
import { printRow } from './row.ts';
import { number, spreadOf } from './spread.ts';

/** Of each kind of balancer. */
const FLEETS = 3;
const REQUESTS_PER_SECOND = 2_000;
/** Each keeps its connection and sends nearly ten requests a second, whether the last was answered or not; rather too many than too few. */
const CLIENTS = Math.ceil(REQUESTS_PER_SECOND / 9.2 / (FLEETS * BALANCERS.length));

interface Outcome {
  readonly drained: Stops;
  readonly bare: Stops;
}

const { values } = parseArgs({
  options: { drains: { type: 'string', default: '10' }, bare: { type: 'string', default: '6' } },
});

const settled = await Promise.allSettled(BALANCERS.map(outcomeOf));
const outcomes = settled.map((outcome) => {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
});
const inAll = outcomes.reduce((so, { drained }) => so + FLEETS * perSecond(drained), 0);
for (const [i, outcome] of outcomes.entries()) report(BALANCERS[i]!, outcome);

async function outcomeOf(balancer: Balancer): Promise<Outcome> {
  let [drains, bare] = [Number(values.drains), Number(values.bare)];
  const oneMoreDrain = (): boolean => drains-- > 0;
  const oneMoreBare = (): boolean => bare-- > 0;
  const runs = await Promise.allSettled(
    Array.from({ length: FLEETS }, async (_, i) => {
      const run = await RunOfDrains.create(balancer, CLIENTS);
      try {
        let left = Math.ceil(Number(values.bare) / FLEETS);
        const stopBare = () => run.stop({ isDrained: false, next: () => left-- > 0 && oneMoreBare() });
        const stopDrained = () => run.stop({ isDrained: true, next: oneMoreDrain });
        // Not all the same at a time: what the machine does otherwise is seen by both.
        const first = i % 2 === 0 ? null : await stopBare();
        const drained = await stopDrained();
        const outcome = { drained, bare: first ?? (await stopBare()) };
        process.stderr.write(
          `${balancer.name} ${i + 1}: ${inWords(outcome.drained)}; without a drain ${inWords(outcome.bare)}\n`,
        );
        return outcome;
      } finally {
        await run.close();
      }
    }),
  );
  const all = runs.map((run) => {
    if (run.status === 'rejected') throw run.reason;
    return run.value;
  });
  return {
    drained: sum(all.map(({ drained }) => drained)),
    bare: sum(all.map((outcome) => outcome.bare)),
  };
}

function sum(all: readonly Stops[]): Stops {
  const total = (of: (stops: Stops) => number): number => all.reduce((so, stops) => so + of(stops), 0);
  return {
    count: total(({ count }) => count),
    answered: total(({ answered }) => answered),
    failures: all.flatMap(({ failures }) => failures),
    slowestMs: Math.max(...all.map(({ slowestMs }) => slowestMs)),
    triedAgain: total(({ triedAgain }) => triedAgain),
    lastedMs: total(({ lastedMs }) => lastedMs),
    drainsMs: all.flatMap(({ drainsMs }) => drainsMs),
  };
}

function report({ name, file }: Balancer, { drained, bare }: Outcome): void {
  const seconds = spreadOf(drained.drainsMs.map((ms) => ms / 1_000));
  printRow({
    what: `failed requests through ${name} (${file}), connections reused, ${Math.round(inAll).toLocaleString('en')} requests/s in all, ${drained.count} drains, each ended by stopping the instance`,
    against: `${bare.count} stops without a drain`,
    ours: `${inWords(drained)}; drained after ${number(seconds.median)} s (${number(seconds.p5)} to ${number(seconds.p95)})`,
    theirs: inWords(bare),
    ratio: '',
    target: `0, at ${REQUESTS_PER_SECOND.toLocaleString('en')}/s`,
    isMet: drained.failures.length === 0 && inAll >= REQUESTS_PER_SECOND,
  });
}

/** Of one that runs. */
function perSecond({ answered, failures, lastedMs }: Stops): number {
  return ((answered + failures.length) * 1_000) / lastedMs;
}

function inWords({ answered, failures, slowestMs, triedAgain }: Stops): string {
  const causes = new Map<string, number>();
  for (const failure of failures) {
    const cause = failure.replace(/^(\w+) after \d+ ms: /, '$1 ');
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
  }
  const list = [...causes].map(([cause, count]) => `${count} ${cause}`).join(', ');
  const of = (answered + failures.length).toLocaleString('en');
  const failed = failures.length === 0 ? `0 of ${of}` : `${failures.length} of ${of} (${list})`;
  return `${failed}; ${triedAgain} given to the other instance; slowest ${Math.round(slowestMs)} ms`;
}
