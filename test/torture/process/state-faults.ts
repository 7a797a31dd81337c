// Faults of the state directory: ports and scripts go on without the record, which is written again as soon as it can be.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { LastingFault, Ongoing } from './lasting-fault.ts';
import type { ProcessWorld } from './process-world.ts';
import { SmallDisk } from './small-disk.ts';

const RECORD_TROUBLE = ['degraded record', 'recovered record'] as const;

/** The record is as the ports are, and every change ran its script once. */
function accounted(world: ProcessWorld, heal: () => unknown): Ongoing {
  const desired = world.stance === 'draining' ? 'refuse' : 'open';
  return {
    heal,
    recovered: () => world.until('the record is as the ports are', () => world.recorded() === desired),
    broken: async () => {
      const { log } = world.agent;
      // The first state is no change.
      const changes = log.of('state-changed').filter((line) => line.from !== null).length;
      const finished = () => log.of('hook-finished').length;
      await world.until('a script for each change', () => finished() >= changes);
      return finished() === changes ? [] : [`${finished()} scripts for ${changes} changes`];
    },
  };
}

function onSmallDisk(inject: (disk: SmallDisk) => void, heal: (disk: SmallDisk) => void) {
  const disks = new WeakMap<ProcessWorld, SmallDisk>();
  return {
    prepare: (world: ProcessWorld) => {
      const disk = SmallDisk.mount(world.stateDirectory);
      world.after(() => disk.unmount());
      disks.set(world, disk);
      return {};
    },
    inject: (world: ProcessWorld) => {
      const disk = disks.get(world) as SmallDisk;
      inject(disk);
      return accounted(world, () => heal(disk));
    },
  };
}

export const STATE_FAULTS: readonly LastingFault[] = [
  {
    name: 'state directory read-only',
    ...onSmallDisk(
      (disk) => disk.setReadOnly(true),
      (disk) => disk.setReadOnly(false),
    ),
    told: RECORD_TROUBLE,
  },
  {
    name: 'state directory full',
    ...onSmallDisk(
      (disk) => disk.fill(),
      (disk) => disk.free(),
    ),
    told: RECORD_TROUBLE,
  },
  {
    name: 'state directory removed',
    inject: (world) => {
      rmSync(world.stateDirectory, { recursive: true });
      return accounted(world, () => {});
    },
    told: [],
  },
  {
    name: 'state directory replaced by a file',
    inject: (world) => {
      rmSync(world.stateDirectory, { recursive: true });
      writeFileSync(world.stateDirectory, 'not a directory');
      return accounted(world, () => {
        rmSync(world.stateDirectory);
      });
    },
    told: RECORD_TROUBLE,
  },
  {
    name: 'a directory in the place of the record',
    inject: (world) => {
      const path = `${world.stateDirectory}/record.json`;
      rmSync(path);
      mkdirSync(`${path}/in-the-way`, { recursive: true });
      return accounted(world, () => rmSync(path, { recursive: true }));
    },
    told: RECORD_TROUBLE,
  },
];
