// Scripts that run and will not do what a script should.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Injected, State } from './fault.ts';
import type { HookWorld } from './hook-world.ts';

const TIMEOUT_S = 3;
const OVER_TIME = /10-fault: ended after .* it ran over --hook-timeout/;
const CHILDREN = 100;
const SCRIPTS = 500;

/** A shell script as the only one of its state; processes that it writes to `pids` in the evidence are ended afterwards. */
function script(body: string | ((world: HookWorld, state: State) => string), more: Partial<Injected> = {}) {
  return (world: HookWorld, state: State): Injected => {
    world.script(state, '10-fault', typeof body === 'string' ? body : body(world, state));
    return { clear: () => world.killLiving(), ...more };
  };
}

/** Goes on until the test says so. */
function untilReleased(before: string) {
  return (world: HookWorld, state: State): Injected => {
    const gate = join(world.evidence, 'gate');
    world.script(state, '10-fault', `${before}\nwhile [ ! -e ${gate} ]; do sleep 0.05; done`);
    return { release: () => writeFileSync(gate, '') };
  };
}

/** All of a script's processes have ended with it. */
function leavesNobody(body: (world: HookWorld) => string) {
  return (world: HookWorld, state: State): Injected => {
    world.script(state, '10-fault', body(world));
    return {
      broken: () => world.living().map((pid) => `process ${pid} of the script is left`),
      clear: () => world.killLiving(),
    };
  };
}

export const RUNNING_FAULTS: readonly Fault[] = [
  {
    name: 'script hangs',
    inject: leavesNobody((world) => `echo $$ > ${world.evidence}/pids; exec sleep 300`),
    told: [OVER_TIME],
    timeoutS: TIMEOUT_S,
  },
  {
    name: 'script ignores TERM',
    inject: leavesNobody(
      (world) => `echo $$ > ${world.evidence}/pids; trap '' TERM; while :; do sleep 0.2; done`,
    ),
    told: [OVER_TIME],
    timeoutS: TIMEOUT_S,
  },
  {
    name: 'script stops itself (SIGSTOP)',
    inject: leavesNobody((world) => `echo $$ > ${world.evidence}/pids; kill -STOP $$`),
    told: [OVER_TIME],
    timeoutS: TIMEOUT_S,
  },
  {
    name: `script forks ${CHILDREN} children that ignore TERM, and hangs`,
    inject: leavesNobody(
      (world) =>
        `trap '' TERM; for i in $(seq ${CHILDREN}); do sleep 300 & echo $! >> ${world.evidence}/pids; done; trap - TERM; wait`,
    ),
    told: [OVER_TIME],
    timeoutS: TIMEOUT_S,
  },
  {
    name: 'script hangs, its child has left the process group',
    inject: script(
      (world) => `setsid sleep 300 & echo $! >> ${world.evidence}/pids; exec sleep 300 > /dev/null 2>&1`,
    ),
    told: [OVER_TIME],
    timeoutS: TIMEOUT_S,
  },
  {
    name: 'daemon holds standard output',
    inject: script((world) => `setsid sleep 300 & echo $! >> ${world.evidence}/pids`),
    told: [],
  },
  {
    name: `${CHILDREN} children hold standard output`,
    inject: script(
      (world) => `for i in $(seq ${CHILDREN}); do sleep 300 & echo $! >> ${world.evidence}/pids; done`,
    ),
    told: [],
  },
  {
    name: 'daemon goes on printing after the script has ended',
    inject: script((world) => `setsid yes & echo $! >> ${world.evidence}/pids`, {}),
    told: [],
    logBytes: 1_000_000,
  },
  { name: 'script closes its output and lives on', inject: untilReleased('exec >&- 2>&-'), told: [] },
  { name: 'script deletes itself', inject: untilReleased('rm -- "$0"'), told: [] },
  { name: 'script ends by SIGSEGV', inject: script('kill -SEGV $$'), told: [/10-fault: ended by SIGSEGV/] },
  {
    name: 'script kills its own process group',
    inject: script('kill -KILL 0'),
    told: [/10-fault: ended by SIGKILL/],
  },
  {
    name: 'script sends HUP to the agent',
    inject: script('kill -HUP $PPID'),
    told: [],
  },
  {
    name: `${SCRIPTS} scripts`,
    inject(world, state) {
      for (let at = 0; at < SCRIPTS; at += 1) world.script(state, `${1_000 + at}`, ':');
      return {
        broken: () => {
          const ran = world.marks().filter((mark) => mark.includes(`/${state}/`)).length;
          return ran === SCRIPTS ? [] : [`${ran} of ${SCRIPTS} scripts ran`];
        },
      };
    },
    told: [],
    logBytes: SCRIPTS * 1_000,
  },
  {
    name: `${SCRIPTS} scripts, none of which may run`,
    inject(world, state) {
      for (let at = 0; at < SCRIPTS; at += 1)
        writeFileSync(join(world.scripts(state), `${1_000 + at}`), '', { mode: 0o644 });
      return {};
    },
    told: [/not run: is not executable; chmod \+x/],
    logBytes: SCRIPTS * 1_000,
  },
  {
    name: 'script rewrites its directory',
    inject(world, state) {
      const directory = world.scripts(state);
      world.script(state, '20-changed', 'touch "$0.old"');
      world.script(state, '30-removed', ':');
      const added = `printf '#!/bin/sh\\ntouch %s/added\\n' ${world.evidence} > 05-added; chmod 755 05-added; cp -p 05-added 40-added`;
      const changed = `printf '#!/bin/sh\\ntouch %s/changed\\n' ${world.evidence} > new; chmod 755 new; mv new 20-changed`;
      world.script(state, '10-fault', `cd ${directory}; rm 30-removed; ${added}; ${changed}`);
      return {
        broken: () => [
          ...(existsSync(join(world.evidence, 'added')) ? ['a script ran that was not there at first'] : []),
          ...(existsSync(join(world.evidence, 'changed')) ? [] : ['the script as it is now did not run']),
        ],
        clear: () => rmSync(join(directory, '20-changed.old'), { force: true }),
      };
    },
    told: [/30-removed: not run: leads to nothing/],
  },
];
