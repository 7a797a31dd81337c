// The faults of the API and of AWS that need more around the agent than test/e2e/agent has, a few of each kind:
// test/torture/api has them all, tries them for longer, and judges how long recovery takes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiWorld } from '../api/api-world.ts';
import { clockFamily } from '../api/clocks.ts';
import { connectionFaults } from '../api/connections.ts';
import type { Family, Stance } from '../api/fault.ts';
import { FLAPPINGS, flappingFamily, tryFlapping } from '../api/flapping.ts';
import { credentialFamily } from '../api/services.ts';
import { tryFault } from '../api/try-fault.ts';

const FLAPPING_POLLS = 3;

interface Lane {
  readonly stance: Stance;
  /** Says how the agent is started. */
  readonly family: Family;
  readonly faults: readonly string[];
}

/** Agents side by side, as few as do: starting one takes as long as two faults. */
const LANES: readonly Lane[] = [
  {
    stance: 'running',
    family: credentialFamily,
    faults: ['hop limit: the token never arrives, keys expired'],
  },
  {
    stance: 'running',
    family: connectionFaults,
    faults: ['certificate expired', 'every first question to the name server lost'],
  },
  { stance: 'draining', family: clockFamily, faults: ['clock jumps forward a day'] },
];

const FAULTS = new Map(LANES.flatMap(({ family }) => family.faults).map((fault) => [fault.name, fault]));

describe('faults of the API and of AWS', { concurrency: true, timeout: 180_000 }, () => {
  for (const { stance, family, faults } of LANES) {
    it(`${faults.join(', ')}, while ${stance}`, async (t) => {
      const world = await ApiWorld.create(t, family, stance);
      await world.start();
      for (const name of faults) {
        const fault = FAULTS.get(name);
        assert.ok(fault !== undefined, `no such fault: ${name}`);
        // What is told of was there for a poll already.
        const pollsHeld = fault.line === null ? 1 : 0;
        const { broken } = await tryFault(world, fault, { pollsHeld, isTimed: false });
        assert.deepEqual(broken, [], name);
      }
      world.aws.keepSecrets();
    });
  }

  it('a state that is another one at every poll', async (t) => {
    const world = await ApiWorld.create(t, flappingFamily, 'running');
    await world.start();
    const { broken } = await tryFlapping(world, FLAPPINGS['draining and running']!, FLAPPING_POLLS);
    assert.deepEqual(broken, []);
  });
});
