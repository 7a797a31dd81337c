// The directory of scripts becomes another one while they run, by the script itself or by a stranger who never stops.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Injected, State } from './fault.ts';
import type { HookWorld } from './hook-world.ts';
import { STRANGER } from './refused.ts';

/** A directory beside the right one, with a script of the same name that must never run: it is not root's alone. */
function strangeDirectory(world: HookWorld, spoil: (path: string) => void): string {
  const directory = join(world.evidence, 'strange');
  mkdirSync(directory);
  writeFileSync(join(directory, '20-next'), `#!/bin/sh\ntouch ${world.evidence}/evil\n`);
  chmodSync(join(directory, '20-next'), 0o755);
  spoil(join(directory, '20-next'));
  spoil(directory);
  return directory;
}

function giveAway(path: string): void {
  chownSync(path, STRANGER, STRANGER);
}

function openToAll(path: string): void {
  chmodSync(path, 0o777);
}

function neverEvil(world: HookWorld): readonly string[] {
  return existsSync(join(world.evidence, 'evil')) ? ["a stranger's script ran"] : [];
}

const STRANGE = new RegExp(`not run: is owned by uid ${STRANGER}`);

export const REPLACED_FAULTS: readonly Fault[] = [
  {
    name: 'directory replaced during a run, by renaming',
    inject(world, state) {
      const [directory, strange] = [world.scripts(state), strangeDirectory(world, giveAway)];
      world.script(state, '10-fault', `mv ${directory} ${world.evidence}/was; mv ${strange} ${directory}`);
      world.script(state, '20-next', ':');
      return { broken: () => neverEvil(world) };
    },
    told: [STRANGE],
  },
  {
    name: 'directory replaced during a run, by another symlink',
    inject(world, state) {
      const [directory, strange] = [world.scripts(state), strangeDirectory(world, openToAll)];
      const right = `${directory}.right`;
      world.script(
        `${state}.right`,
        '10-fault',
        `ln -s ${strange} ${right}.new; mv -T ${right}.new ${directory}`,
      );
      world.script(`${state}.right`, '20-next', ':');
      rmSync(directory, { recursive: true });
      symlinkSync(right, directory);
      return { broken: () => neverEvil(world), clear: () => rmSync(right, { recursive: true }) };
    },
    told: [/not run: is writable by others/],
  },
  {
    name: 'directory removed during a run',
    inject(world, state) {
      world.script(state, '10-fault', `rm -r ${world.scripts(state)}`);
      world.script(state, '20-next', ':');
      return { clear: () => mkdirSync(world.scripts(state), { recursive: true }) };
    },
    told: [/20-next: not run: leads to nothing/],
  },
  {
    name: 'a stranger swaps a link on the way, without pause',
    inject: (world, state) => swapped(world, state, STRANGER),
    told: [/not run: /],
  },
];

/** Swaps a link between the right directory and his own, as fast as it goes. */
const SWAPPER = `
  my ($link, @targets) = @ARGV; $| = 1;
  for (my $at = 0; getppid() != 1; $at ^= 1) {
    symlink($targets[$at], "$link.new") && rename("$link.new", $link) or die "$link: $!";
    print "ready\\n" if $at == 1 && !$told++;
  }`;

/** The state's directory is root's link to a stranger's link in a directory like /tmp. */
async function swapped(world: HookWorld, state: State, uid: number): Promise<Injected> {
  const directory = world.scripts(state);
  const [right, sticky] = [`${directory}.right`, join(world.evidence, 'sticky')];
  mkdirSync(sticky);
  chmodSync(sticky, 0o1777);
  for (let at = 0; at < 20; at += 1) world.script(`${state}.right`, `20-next${at}`, ':');
  const strange = strangeDirectory(world, giveAway);
  const link = join(sticky, 'link');
  rmSync(directory, { recursive: true });
  symlinkSync(link, directory);
  const swapper: ChildProcess = spawn('perl', ['-e', SWAPPER, link, right, strange], {
    uid,
    gid: uid,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(swapper, 'close');
  await Promise.race([
    once(swapper.stdout!, 'data'),
    closed.then(() => Promise.reject(new Error('nobody swaps'))),
  ]);
  return {
    broken: () => [
      ...neverEvil(world),
      ...(world.marks().some((mark) => mark.includes('/20-next'))
        ? ['it ran through a link of a stranger']
        : []),
    ],
    clear: async () => {
      swapper.kill('SIGKILL');
      await closed;
      rmSync(right, { recursive: true });
    },
  };
}
