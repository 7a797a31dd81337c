// Every fault of this room, in both stances, as often as told: one line of JSON a fault, and what was promised and not kept.
//   node_modules/.bin/node test/torture/api/run.ts [--times 3] [--polls 60] [--only 'regular expression']
import { parseArgs } from 'node:util';
import { answerFaults } from './answers.ts';
import { ApiWorld } from './api-world.ts';
import { BOOT_FAULTS, bootFamily, tryBoot } from './boots.ts';
import { connectionFaults } from './connections.ts';
import type { Family, Stance } from './fault.ts';
import { FLAPPINGS, flappingFamily, tryFlapping } from './flapping.ts';
import { tryUntagging, untaggedFamily } from './group-tag.ts';
import { proxyFaults, serveProxy } from './proxies.ts';
import { endpointFamily } from './routes.ts';
import { credentialFamily, discoveryFamily } from './services.ts';
import { printRow, type Row } from '../row.ts';
import { type Trial, tryFault } from './try-fault.ts';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '3' },
    polls: { type: 'string', default: '60' },
    only: { type: 'string', default: '' },
  },
});
const times = Number(values.times);
const polls = Number(values.polls);
const only = new RegExp(values.only);

type Counted = { -readonly [K in keyof Row]: Row[K] };

const FAMILIES: readonly Family[] = [
  connectionFaults,
  answerFaults,
  credentialFamily,
  discoveryFamily,
  endpointFamily,
  proxyFaults,
];

const STANCES: readonly Stance[] = ['draining', 'running'];

let isBroken = false;
for (const fault of BOOT_FAULTS) {
  const row = newRow(`at boot: ${fault.name}`);
  if (!only.test(row.fault)) continue;
  for (let round = 0; round < times; round += 1) {
    for (const stance of STANCES) {
      await within(bootFamily, stance, async (world) => note(row, await tryBoot(world, fault), stance));
    }
  }
  printRow(row);
}
const untagged = newRow('group tag removed, and put back');
if (only.test(untagged.fault)) {
  for (const stance of STANCES) {
    await within(untaggedFamily, stance, async (world) => {
      await world.start();
      for (let round = 0; round < times; round += 1) note(untagged, await tryUntagging(world), stance);
    });
  }
  printRow(untagged);
}
for (const family of FAMILIES) {
  const faults = family.faults.filter(({ name }) => only.test(name));
  const rows = new Map(faults.map(({ name }) => [name, newRow(name)]));
  for (const stance of STANCES) {
    if (faults.length === 0) continue;
    await within(family, stance, async (world) => {
      await world.start();
      for (let round = 0; round < times; round += 1) {
        for (const fault of faults) note(rows.get(fault.name)!, await tryFault(world, fault), stance);
      }
    });
  }
  for (const row of rows.values()) printRow(row);
}
for (const [name, replies] of Object.entries(FLAPPINGS)) {
  if (!only.test(`flapping: ${name}`)) continue;
  const row = newRow(`flapping: ${name}`);
  await within(flappingFamily, 'running', async (world) => {
    await world.start();
    note(row, await tryFlapping(world, replies, polls), 'running');
  });
  printRow(row);
}
process.exitCode = isBroken ? 1 : 0;

function newRow(fault: string): Counted {
  return { fault, times: 0, broken: 0, worstRecoveryMs: null };
}

function note(row: Counted, { broken, recoveryMs }: Trial, stance: Stance): void {
  row.times += 1;
  row.broken += broken.length;
  if (recoveryMs !== null) row.worstRecoveryMs = Math.max(row.worstRecoveryMs ?? 0, recoveryMs);
  if (broken.length === 0) return;
  isBroken = true;
  process.stderr.write(`${row.fault}, ${stance}: ${broken.join('; ')}\n`);
}

/** A world of its own, taken down in the reverse order of its making. */
async function within(
  family: Family,
  stance: Stance,
  work: (world: ApiWorld) => Promise<void>,
): Promise<void> {
  const closers: (() => unknown)[] = [];
  try {
    const world = await ApiWorld.create(
      { after: (close) => closers.push(close as () => unknown) },
      family,
      stance,
    );
    serveProxy(world);
    await work(world);
    world.aws.keepSecrets();
  } finally {
    for (const close of closers) await close();
  }
}
