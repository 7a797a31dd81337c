// Every netlink call of an agent fails once, in turn, in every way it can.
import type { FaultRow } from './fault-row.ts';
import type { ErrorName, Fault } from './netlink-faults.ts';
import type { Mode } from '../../e2e/packets/drain-host.ts';
import { APPLY, HEAR, PERIOD_MS, type Phase, REMOVE, REPLACE, START, tryPhase } from './phases.ts';

const PROMISE =
  'all ports open or all closed, as it should be within a period, one line at the begin and one at the end, no connection touched';

/** What the calls themselves can say. */
const CALL_ERRORS: readonly ErrorName[] = ['ENOBUFS', 'EINTR', 'EAGAIN', 'EPERM', 'ENOMEM'];
/** What the kernel can answer to a request that it does not follow. */
const REFUSALS: readonly ErrorName[] = ['ERESTART', 'EAGAIN', 'EINTR', 'ENOMEM', 'EPERM'];
/** What can stand in an answer to a request that was followed all the same. */
const FALSE_ANSWERS: readonly ErrorName[] = ['ERESTART', 'EAGAIN', 'EINTR'];

const FAULTS: readonly (readonly [name: string, fault: Fault])[] = [
  ...CALL_ERRORS.map((error) => [`a call fails with ${error}`, { action: 'fail', error }] as const),
  ...REFUSALS.map((error) => [`a request is refused with ${error}`, { action: 'refuse', error }] as const),
  ...FALSE_ANSWERS.map((error) => [`an answer says ${error}`, { action: 'rewrite', error }] as const),
  ['another generation when a transaction arrives', { action: 'outdate' }],
];

/** The phases that are tried one after the other with the same call spoiled, each beginning where the one before it ends. */
type Phases = Readonly<Record<Mode, readonly Phase[]>>;

const inBoth = (...phases: readonly Phase[]): Phases => ({ owned: phases, plain: phases });

function row(what: string, name: string, fault: Fault, phases: Phases, withinMs = PERIOD_MS): FaultRow {
  return {
    name: `${what}: ${name}`,
    promise: PROMISE,
    withinMs,
    isLong: fault.action !== 'outdate',
    async prepare(world) {
      await world.publish();
      const table = await world.drain();
      if (phases[world.mode][0] === APPLY) await world.open();
      return table;
    },
    async inject(world, at, expected) {
      const tries = [];
      for (const phase of phases[world.mode]) {
        const one = await tryPhase(world, phase, fault, at, expected);
        tries.push(one);
        if (one.broken.length > 0) break;
      }
      return tries;
    },
  };
}

export const ERROR_ROWS: readonly FaultRow[] = FAULTS.flatMap(([name, fault]) => [
  row('apply, remove', name, fault, inBoth(APPLY, REMOVE)),
  row('replace', name, fault, inBoth(...REPLACE)),
  row('start and adopt', name, fault, inBoth(START)),
  // Where there is nothing to put back, two polls are what it is watched for.
  row('hear of another program', name, fault, { owned: [HEAR.owned], plain: [HEAR.plain] }, 2 * PERIOD_MS),
]);
