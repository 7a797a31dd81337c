// What this room tries: each job a world of its own, so that some of them go on side by side.
import { answerFaults } from './answers.ts';
import { ApiWorld } from './api-world.ts';
import { BOOT_FAULTS, bootFamily, tryBoot } from './boots.ts';
import { clockFamily, sleeperFamily, tryLongSleep } from './clocks.ts';
import { connectionFaults } from './connections.ts';
import type { Family, Stance } from './fault.ts';
import { FLAPPINGS, flappingFamily, tryFlapping } from './flapping.ts';
import { tryUntagging, untaggedFamily } from './group-tag.ts';
import { proxyFaults, serveProxy } from './proxies.ts';
import { endpointFamily } from './routes.ts';
import { credentialFamily, discoveryFamily, outageFamily, rarelyDiscovered } from './services.ts';
import { type Trial, tryFault } from './try-fault.ts';

/** Tells how a fault's trial went. */
export type Note = (fault: string, trial: Trial) => void;

export interface Job {
  /** The rows that it has a part in. */
  readonly faults: readonly string[];
  readonly stance: Stance;
  run(note: Note): Promise<void>;
}

export interface JobOptions {
  /** For each fault, in each stance. */
  readonly times: number;
  /** Of the long flapping. */
  readonly polls: number;
  /** For how many polls, of a second each, no new keys are to be had. */
  readonly outagePolls: number;
  /** Names of faults. */
  readonly only: RegExp;
}

const FAMILIES: readonly Family[] = [
  rarelyDiscovered,
  connectionFaults,
  answerFaults,
  credentialFamily,
  clockFamily,
  discoveryFamily,
  endpointFamily,
  proxyFaults,
];

const STANCES: readonly Stance[] = ['draining', 'running'];
/** An agent meets no more faults than this: a longer family has more worlds. */
const FAULTS_A_WORLD = 12;
/** Of the flappings but the first, which is the long one. */
const SHORT_FLAPPING_POLLS = 60;

/** The longest first. */
export function jobs({ times, polls, outagePolls, only }: JobOptions): Job[] {
  const all = [
    ...flappings(polls),
    ...[outageFamily(outagePolls), ...FAMILIES].flatMap((family) => familyJobs(family, times, only)),
    ...STANCES.map((stance) => longSleep(stance, times)),
    ...STANCES.map((stance) => untagging(stance, times)),
    ...BOOT_FAULTS.flatMap((fault) => STANCES.map((stance) => boot(fault, stance, times))),
  ];
  return all.filter(({ faults }) => faults.some((name) => only.test(name)));
}

function flappings(polls: number): Job[] {
  return Object.entries(FLAPPINGS).map(([name, replies], index) => {
    const fault = `flapping: ${name}`;
    const run = (note: Note) =>
      within(flappingFamily, 'running', async (world) => {
        await world.start();
        const count = index === 0 ? polls : Math.min(polls, SHORT_FLAPPING_POLLS);
        note(fault, await tryFlapping(world, replies, count));
      });
    return { faults: [fault], stance: 'running', run };
  });
}

function familyJobs(family: Family, times: number, only: RegExp): Job[] {
  const faults = family.faults.filter(({ name }) => only.test(name));
  const shares = Array.from({ length: Math.ceil(faults.length / FAULTS_A_WORLD) }, (_, index) =>
    faults.slice(index * FAULTS_A_WORLD, (index + 1) * FAULTS_A_WORLD),
  );
  return shares.flatMap((share) =>
    STANCES.map((stance): Job => {
      const run = (note: Note) =>
        within(family, stance, async (world) => {
          await world.start();
          for (let round = 0; round < times; round += 1) {
            for (const fault of share) note(fault.name, await tryFault(world, fault));
          }
        });
      return { faults: share.map(({ name }) => name), stance, run };
    }),
  );
}

function longSleep(stance: Stance, times: number): Job {
  const fault = 'resume from hibernation, a minute between polls';
  const run = (note: Note) =>
    within(sleeperFamily, stance, async (world) => {
      await world.start();
      for (let round = 0; round < times; round += 1) note(fault, await tryLongSleep(world));
    });
  return { faults: [fault], stance, run };
}

function untagging(stance: Stance, times: number): Job {
  const fault = 'group tag removed, and put back';
  const run = (note: Note) =>
    within(untaggedFamily, stance, async (world) => {
      await world.start();
      for (let round = 0; round < times; round += 1) note(fault, await tryUntagging(world));
    });
  return { faults: [fault], stance, run };
}

function boot(fault: (typeof BOOT_FAULTS)[number], stance: Stance, times: number): Job {
  const name = `at boot: ${fault.name}`;
  const run = async (note: Note) => {
    for (let round = 0; round < times; round += 1) {
      await within(bootFamily, stance, async (world) => note(name, await tryBoot(world, fault)));
    }
  };
  return { faults: [name], stance, run };
}

/** A world of its own, taken down as a test's is: the agent first, and all of it even where a part fails. */
async function within(
  family: Family,
  stance: Stance,
  work: (world: ApiWorld) => Promise<void>,
): Promise<void> {
  const closers: (() => unknown)[] = [];
  try {
    const after = (close: () => unknown): void => void closers.push(close);
    const world = await ApiWorld.create({ after: after as never }, family, stance);
    serveProxy(world);
    await work(world);
    world.aws.keepSecrets();
  } finally {
    const failures: unknown[] = [];
    for (const close of closers) {
      const closed = (async () => close())();
      await closed.catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) {
      process.stderr.write(`${family.name}, ${stance}: ${failures.join('; ')}\n`);
      process.exitCode = 1;
    }
  }
}
