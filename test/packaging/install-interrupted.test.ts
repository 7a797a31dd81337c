// install.sh killed at each command that changes something, with that command half done where it can be: afterwards `current` names a whole
// version, the old or the new, and a second run leaves the host as one that was never interrupted.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { listing, type Outcome, scratchHost, type ScratchHost } from './install-host.ts';
import { standIns, writeTree } from './install-tree.ts';

const HOME = 'opt/cs-instance-watcher';
const AT_ONCE = 2;

/** Every command of install.sh that changes something: between two of them it does not matter when. */
const COMMANDS = ['chmod', 'chown', 'cp', 'find', 'ln', 'mkdir', 'mv', 'rm', 'rmdir', 'sync', 'systemctl'];

/** Counts itself, and when it is its turn does half of its work and kills the whole group. */
const STEP = `#!/bin/sh
name=\${0##*/}
echo "$name" >>/run/steps
count=0
while read -r _; do count=$((count + 1)); done </run/steps
read -r last </run/last-step
PATH=\${PATH#*:}
if [ "$count" -ge "$last" ]; then
  case $name in
    cp) head -c 3 "$1" >"$2" ;;
    rm) for path; do :; done && find "$path" -type f 2>/dev/null | head -n 1 | xargs rm -f ;;
  esac
  kill -9 0
fi
exec "$name" "$@"
`;

let scratch: ReturnType<typeof temporaryDirectory>;
let steps: string;

before(() => {
  assert.equal(process.getuid?.(), 0, 'install.sh is tested as root: run this as root');
  scratch = temporaryDirectory();
  steps = join(scratch.path, 'steps');
  mkdirSync(steps);
  for (const name of COMMANDS) writeFileSync(join(steps, name), STEP, { mode: 0o755 });
  for (const version of ['1.0.0', '1.1.0', '1.2.0'])
    writeTree(join(scratch.path, version), standIns(version));
});
after(() => scratch.close());

function installerOf(version: string): string {
  return join(scratch.path, version, 'install.sh');
}

function installed(host: ScratchHost): string[] {
  return ['opt', 'usr', 'etc'].flatMap((name) => listing(join(host.path, name)));
}

function hostFrom(base: string, name: string): ScratchHost {
  const path = join(scratch.path, name);
  execFileSync('cp', ['-a', base, path]);
  return scratchHost(path, { booted: true });
}

/** The version in force; null when there is none. Fails when it is not whole. */
function versionInForce(host: ScratchHost): string | null {
  if (!host.has(`${HOME}/current`)) return null;
  const version = host.link(`${HOME}/current`);
  assert.deepEqual(
    listing(join(host.path, HOME, version)),
    listing(join(scratch.path, version)),
    `${version} is whole`,
  );
  return version;
}

interface Work {
  /** Done to an empty host first; the service runs when --enable is among it. */
  readonly made: readonly (readonly [version: string, ...args: string[]])[];
  readonly work: readonly [version: string, ...args: string[]];
  /** What may be in force after the interruption. */
  readonly inForce: readonly (string | null)[];
}

const WORKS: Readonly<Record<string, Work>> = {
  'a first installation': { made: [], work: ['1.0.0'], inForce: [null, '1.0.0'] },
  'an upgrade of a running service': {
    made: [['1.0.0'], ['1.1.0', '--enable']],
    work: ['1.2.0'],
    inForce: ['1.1.0', '1.2.0'],
  },
  'an upgrade that does not become ready': {
    made: [['1.0.0'], ['1.1.0', '--enable']],
    work: ['1.2.0'],
    inForce: ['1.1.0', '1.2.0'],
  },
  'a rollback': {
    made: [['1.0.0'], ['1.1.0', '--enable']],
    work: ['1.1.0', 'rollback'],
    inForce: ['1.0.0', '1.1.0'],
  },
  'an uninstall': { made: [['1.0.0'], ['1.1.0', '--enable']], work: ['1.1.0', 'uninstall'], inForce: [] },
};

describe('interrupted at any command', () => {
  for (const [name, { made, work, inForce }] of Object.entries(WORKS)) {
    it(name, async () => {
      const label = name.replaceAll(' ', '-');
      const base = scratchHost(join(scratch.path, `${label}-base`), { booted: true });
      for (const [version, ...args] of made) await succeeds(base.run(installerOf(version), args));
      const fails = name.endsWith('ready');
      if (fails) base.write('run/service/never-ready-1.2.0', '');
      const [version, ...args] = work;
      const perform = (host: ScratchHost, commands?: string): Promise<Outcome> =>
        host.run(installerOf(version), args, commands === undefined ? {} : { commands });

      const reference = hostFrom(base.path, `${label}-reference`);
      reference.write('run/last-step', '1000000\n');
      assert.equal((await perform(reference, steps)).status, fails ? 1 : 0);
      const total = reference.read('run/steps').trimEnd().split('\n').length;
      const expected = installed(reference);

      const interrupt = async (step: number): Promise<void> => {
        const host = hostFrom(base.path, `${label}-${step}`);
        host.write('run/last-step', `${step}\n`);
        const first = await perform(host, steps);
        assert.equal(first.status, null, `${label}: not killed at step ${step} of ${total}: ${first.stderr}`);
        const at = `${label}: after step ${step} of ${total} (${host.read('run/steps').trimEnd().split('\n').at(-1)})`;
        if (inForce.length > 0) {
          const found = versionInForce(host);
          assert.ok(inForce.includes(found), `${at}: ${found}`);
          // A rollback that was complete but for its last word would go forward again.
          if (args[0] === 'rollback' && found === '1.0.0' && !host.has(`${HOME}/switching-from`)) return;
        }
        const second = await perform(host);
        assert.equal(second.status, fails ? 1 : 0, `${at}: ${second.stderr}`);
        assert.deepEqual(installed(host), expected, at);
        assert.equal(running(host), running(reference), at);
        rmSync(host.path, { recursive: true });
      };
      let next = 1;
      const worker = async (): Promise<void> => {
        while (next <= total) await interrupt(next++);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    });
  }
});

/** The version that the service runs; null when it does not. */
function running(host: ScratchHost): string | null {
  return host.has('run/service/active') ? host.read('run/service/active') : null;
}

async function succeeds(promise: Promise<Outcome>): Promise<void> {
  const { status, stderr } = await promise;
  assert.equal(status, 0, stderr);
}
