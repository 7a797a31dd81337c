// The faults of the API and of AWS that need more around the agent than test/e2e/agent has, each once or twice: test/torture/api
// has them all, and tries them for longer.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerFaults } from '../api/answers.ts';
import { ApiWorld } from '../api/api-world.ts';
import { connectionFaults } from '../api/connections.ts';
import type { Family, Stance } from '../api/fault.ts';
import { FLAPPINGS, flappingFamily, tryFlapping } from '../api/flapping.ts';
import { proxyFaults, serveProxy } from '../api/proxies.ts';
import { credentialFamily, discoveryFamily } from '../api/services.ts';
import { tryFault } from '../api/try-fault.ts';

const FLAPPING_POLLS = 8;

interface Lane {
  readonly stance: Stance;
  /** Says how the agent is started. */
  readonly family: Family;
  readonly faults: readonly string[];
}

/** Agents side by side: no more than two faults each, or one that hangs. */
const LANES: readonly Lane[] = [
  { stance: 'draining', family: connectionFaults, faults: ['name server silent'] },
  { stance: 'running', family: connectionFaults, faults: ['TLS handshake stalled'] },
  {
    stance: 'draining',
    family: connectionFaults,
    faults: ['certificate expired', '100000 arrays in one another'],
  },
  {
    stance: 'draining',
    family: credentialFamily,
    faults: ['hop limit: the token never arrives, keys expired'],
  },
  { stance: 'draining', family: discoveryFamily, faults: ['the address of the API changes'] },
  { stance: 'draining', family: proxyFaults, faults: ['proxy hangs'] },
];

const FAULTS = new Map(
  [connectionFaults, answerFaults, credentialFamily, discoveryFamily, proxyFaults]
    .flatMap(({ faults }) => faults)
    .map((fault) => [fault.name, fault]),
);

describe('faults of the API and of AWS', { concurrency: true, timeout: 60_000 }, () => {
  for (const { stance, family, faults } of LANES) {
    it(`${faults.join(', ')}, while ${stance}`, async (t) => {
      const world = await ApiWorld.create(t, family, stance);
      serveProxy(world);
      await world.start();
      for (const name of faults) {
        const fault = FAULTS.get(name);
        assert.ok(fault !== undefined, `no such fault: ${name}`);
        const { broken } = await tryFault(world, fault, fault.hangs ? 0 : 1);
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
