// What doctor learns of the kernel: all of it works on this one, nothing of the namespace it is asked in is touched, and
// where it may not try it says why.
import assert from 'node:assert/strict';
import { release } from 'node:os';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';
import type { Printed } from './try-kernel-program.ts';

const PROGRAM = fileURLToPath(new URL('try-kernel-program.ts', import.meta.url));

/** In the order in which they are tried. */
const steps: readonly (readonly [name: string, required: boolean])[] = [
  ['fib lookup', true],
  ['plain table', true],
  ['owned table (owner, persist)', false],
  ['table comments', false],
  ['destroy table', false],
  ['closing chain', false],
  ['ruleset notifications', false],
  ['TCP reset to a SYN', true],
  ['element counters', false],
  ['socket count (inet_diag)', false],
  ['socket destroy (inet_diag)', false],
  ['flow count (conntrack)', false],
];

describe('tryKernel', () => {
  let namespace: Namespace;

  beforeEach(async () => {
    namespace = await createNamespace();
  });
  afterEach(() => namespace?.close());

  /** Tries `times` at once; `wrapper` is a command that starts the program, such as one that drops a capability. */
  async function attempt(times: number, wrapper: readonly string[] = []): Promise<Printed> {
    const [command, ...args] = [...wrapper, process.execPath, PROGRAM, String(times)];
    return JSON.parse(await namespace.run(command!, args)) as Printed;
  }

  it('finds everything on this kernel, also several at once', async () => {
    const works = {
      kind: 'run',
      kernelRelease: release(),
      steps: steps.map(([name, required]) => ({ name, ok: true, required, detail: null })),
    };
    const { trials } = await attempt(3);
    assert.deepEqual(trials, [works, works, works]);
  });

  it('touches nothing where it is asked: a ruleset of ours stays, every thread stays', async () => {
    const ruleset =
      'table inet cs-instance-watcher {\n\tcomment "cs-instance-watcher 1"\n\tchain input {\n\t}\n}\n';
    await namespace.run('nft', ['-f', '-'], { input: ruleset });
    const here = (await namespace.run('readlink', ['/proc/self/ns/net'])).trim();
    const { namespaces } = await attempt(2);
    assert.deepEqual(namespaces, [here]);
    assert.equal(await namespace.run('nft', ['list', 'ruleset']), ruleset);
  });

  for (const [capability, reason] of [
    ['sys_admin', 'this process may not make a network namespace (it needs CAP_SYS_ADMIN)'],
    ['net_admin', 'this process may not set up a network namespace (it needs CAP_NET_ADMIN)'],
  ] as const) {
    it(`says why it did not run without CAP_${capability.toUpperCase()}`, async () => {
      const wrapper = ['setpriv', '--inh-caps', `-${capability}`, '--bounding-set', `-${capability}`];
      assert.deepEqual((await attempt(1, wrapper)).trials, [{ kind: 'not-run', reason }]);
    });
  }
});
