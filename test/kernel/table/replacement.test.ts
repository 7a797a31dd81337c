// While the table refuses, no replacement of its contents lets a connection in: not one of other ports or exemptions, not the
// closing chain's coming and going, not the repair of what somebody altered.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { Ruleset } from '../../../src/firewall/ruleset.ts';
import { HOST, Network, SERVED } from '../../e2e/packets/network.ts';
import { openFirewallIn, type RemoteFirewall } from '../../fixtures/firewall-process.ts';

const STORM_MS = 1_500;
const TARGETS = [SERVED.web, SERVED.rangeLast].flatMap((port) =>
  [HOST.v4, HOST.v6].flatMap((address) => [address, String(port)]),
);

const refusing: Ruleset = {
  ports: [
    { first: SERVED.web, last: SERVED.web },
    { first: 8000, last: 8100 },
  ],
  allowFrom: [],
  includeLoopback: false,
  closing: false,
};
// All of them refuse the targets; each is followed by the next, the last by the first.
const rulesets: readonly Ruleset[] = [
  refusing,
  { ...refusing, ports: [{ first: 70, last: 443 }, ...ports(8005, 8010), { first: 9000, last: 9000 }] },
  { ...refusing, allowFrom: ['10.0.0.0/9', 'fd00:f::/64'] },
  { ...refusing, allowFrom: ['10.0.0.0/8'], closing: true },
  { ...refusing, includeLoopback: true },
];

function ports(first: number, last: number): Ruleset['ports'] {
  return Array.from({ length: last - first + 1 }, (_, i) => ({ first: first + i, last: first + i })).filter(
    ({ first: port }) => port % 2 === 0,
  );
}

const ALTERATIONS = [
  'add element inet cs-instance-watcher ports { 22 }',
  'insert rule inet cs-instance-watcher new-connection tcp dport 22 accept',
  'add chain inet cs-instance-watcher theirs; add rule inet cs-instance-watcher theirs drop',
  'add set inet cs-instance-watcher more { type ipv4_addr; }',
];

interface Counts {
  readonly connected: number;
  readonly refused: number;
  readonly other: number;
}

describe('replacing the table under a storm of connects', () => {
  let directory: string;
  let program: string;
  let network: Network;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'replacement-'));
    program = join(directory, 'storm');
    const source = join(import.meta.dirname, 'connect-storm-program.cc');
    const built = spawnSync('g++', ['-std=c++17', '-O2', '-pthread', source, '-o', program], {
      encoding: 'utf8',
    });
    assert.equal(built.status, 0, `g++ is needed: ${built.stderr ?? built.error}`);
    network = await Network.create();
  });
  after(async () => {
    await network?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Connects to the targets from the client while `work` runs, at least once each. */
  async function storm(work: () => Promise<void>): Promise<Counts> {
    const child = network.client.namespace.spawn(program, TARGETS, { stdio: ['pipe', 'pipe', 'inherit'] });
    const printed = text(child.stdout!);
    try {
      await work();
    } finally {
      child.stdin!.end();
    }
    return JSON.parse(await printed);
  }

  async function during(
    firewall: RemoteFirewall,
    replace: (index: number) => Promise<void>,
  ): Promise<string> {
    await firewall.apply(rulesets[0]!);
    const deadline = Date.now() + STORM_MS;
    let replacements = 0;
    const counts = await storm(async () => {
      while (Date.now() < deadline) await replace(++replacements);
    });
    assert.equal(counts.connected, 0, `of ${counts.refused} connects in ${replacements} replacements`);
    assert.ok(counts.refused > 0 && replacements > 0);

    await firewall.remove();
    assert.notEqual((await storm(async () => {})).connected, 0, 'the storm does not see an open port');
    return `${replacements} replacements, ${counts.refused} connects`;
  }

  for (const ownership of ['auto', 'plain'] as const) {
    it(`lets none in: other rulesets, ownership ${ownership}`, async (t) => {
      const firewall = await openFirewallIn(network.host.namespace, { ownership });
      try {
        const replace = async (index: number) =>
          void (await firewall.apply(rulesets[index % rulesets.length]!));
        t.diagnostic(await during(firewall, replace));
      } finally {
        await firewall.kill();
      }
    });
  }

  it('lets none in: altered and put right again', async (t) => {
    const firewall = await openFirewallIn(network.host.namespace, { ownership: 'plain' });
    try {
      const alterAndRepair = async (index: number) => {
        await network.host.namespace.run('nft', [ALTERATIONS[index % ALTERATIONS.length]!]);
        await firewall.apply(refusing);
      };
      t.diagnostic(await during(firewall, alterAndRepair));
    } finally {
      await firewall.kill();
    }
  });
});
