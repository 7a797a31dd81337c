// A file system that answers nothing, as a network's whose server has gone: FUSE without a server, mounted for the agent alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdFile } from '../../fixtures/held-file.ts';
import type { Fault, Injected, State } from './fault.ts';
import type { HookWorld } from './hook-world.ts';

/** Whoever has /dev/fuse open is the server; this one never reads. What was asked fails when it ends. */
const MOUNT = `
  exec 9<>/dev/fuse
  mount -i -t fuse hung "$0" -o fd=9,rootmode=40000,user_id=0,group_id=0
  echo mounted
  read line`;

/** Mounts it over a directory, in the agent's mount namespace, until it is released: then it fails instead of hanging. */
async function hang(world: HookWorld, directory: string): Promise<Injected> {
  const inside = ['-t', String(world.agent.pid), '-m', '--'];
  const server = spawn('nsenter', [...inside, 'bash', '-ec', MOUNT, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(server, 'close');
  const [first] = await Promise.race([once(server.stdout, 'data'), closed]);
  if (String(first) !== 'mounted\n') throw new Error(`no FUSE file system on ${directory}`);
  return {
    release: async () => {
      server.stdin.end();
      await closed;
    },
    clear: () => once(spawn('nsenter', [...inside, 'umount', directory]), 'close'),
  };
}

/** Scripts of a state whose way leads into a file system that hangs. */
function into(put: (hung: string, world: HookWorld, state: State) => void) {
  return (world: HookWorld, state: State): Promise<Injected> => {
    const hung = join(world.evidence, 'hung');
    mkdirSync(hung);
    put(hung, world, state);
    return hang(world, hung);
  };
}

const BEGUN: Fault['begun'] = ({ event }) => event === 'state-changed';

export const HELD_INTERPRETER = 'interpreter that nobody can open for a while';

/** Needs no privilege of the kernel's, as a file system does. */
async function held(world: HookWorld, state: State): Promise<Injected> {
  const interpreter = join(world.evidence, 'sh');
  copyFileSync('/bin/sh', interpreter);
  chmodSync(interpreter, 0o755);
  const path = world.script(state, '10-fault', ':');
  writeFileSync(path, readFileSync(path, 'utf8').replace('/bin/sh', interpreter));
  const { release } = await holdFile(interpreter);
  return { release };
}

export const HUNG_FAULTS: readonly Fault[] = [
  {
    name: "file system hangs under a state's directory",
    inject: (world, state) => hang(world, world.scripts(state)),
    begun: BEGUN,
    told: [/not run: cannot be read/],
  },
  {
    name: 'file system hangs under what a script links to',
    inject: into((hung, world, state) =>
      symlinkSync(join(hung, 'script'), join(world.scripts(state), '10-fault')),
    ),
    begun: BEGUN,
    told: [/10-fault: not run: /],
  },
  {
    name: "file system hangs under a script's interpreter",
    inject: into((hung, world, state) => {
      const path = join(world.scripts(state), '10-fault');
      writeFileSync(path, `#!${hung}/sh\n`);
      chmodSync(path, 0o755);
    }),
    begun: BEGUN,
    told: [/10-fault: (could not be started|not run: )/],
  },
  { name: HELD_INTERPRETER, inject: held, begun: BEGUN, told: [] },
  {
    name: 'file system hangs under what a script reads',
    inject: into((hung, world, state) => void world.script(state, '10-fault', `cat ${hung}/list`)),
    told: [/10-fault: exit status 1/],
  },
];
