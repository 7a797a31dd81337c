// What scripts do to an agent, the most telling of it, once: test/torture/hooks tries everything, and takes the time that it adds.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { FAULTS } from '../hooks/faults.ts';
import { HookWorld } from '../hooks/hook-world.ts';
import { HELD_INTERPRETER } from '../hooks/hung-file-system.ts';
import { Latencies } from '../hooks/latencies.ts';
import { compilePortWatch } from '../hooks/port-watch.ts';
import { tryFault } from '../hooks/try-fault.ts';

const TIMEOUT_S = 60;

/** Agents side by side, one fault each; they wait for polls most of it. */
const NAMES = [
  '100 MB of empty lines',
  'output that forges log lines and moves the cursor',
  'directory replaced during a run, by another symlink',
  HELD_INTERPRETER,
] as const;

describe('what scripts do to an agent', { concurrency: NAMES.length, timeout: 60_000 }, () => {
  const scratch = temporaryDirectory();
  after(scratch.close);
  const portWatch = compilePortWatch(scratch.path);

  for (const name of NAMES) {
    it(name, async (t) => {
      const fault = FAULTS.find((one) => one.name === name);
      assert.ok(fault !== undefined, `no such fault: ${name}`);
      const world = await HookWorld.create(portWatch);
      t.after(() => world.close());
      await world.start(TIMEOUT_S);
      await world.api.further(1);
      const { broken } = await tryFault(world, fault, 'draining', new Latencies());
      assert.deepEqual(broken, []);
    });
  }
});
