// The table as nft prints it: golden text, and a dump that loads again as ours and intact.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { AvoidableFeature } from '../../../src/firewall/binding.ts';
import type { PortRange, Ruleset } from '../../../src/firewall/ruleset.ts';
import { openFirewallIn } from '../../fixtures/firewall-process.ts';
import { createNamespace } from '../../fixtures/netns.ts';

const port = (first: number, last = first): PortRange => ({ first, last });

const cases: Record<string, { ruleset: Ruleset; without?: readonly AvoidableFeature[] }> = {
  'ports-only': { ruleset: { ports: [port(80)], allowFrom: [], includeLoopback: false, closing: false } },
  loopback: {
    ruleset: { ports: [port(1), port(65000, 65535)], allowFrom: [], includeLoopback: true, closing: false },
  },
  'allow-ipv4': {
    ruleset: {
      ports: [port(80)],
      allowFrom: ['10.0.0.0/8', '192.0.2.1/32'],
      includeLoopback: false,
      closing: false,
    },
  },
  'allow-ipv6': {
    ruleset: {
      ports: [port(80)],
      allowFrom: ['::1/128', '2001:db8::/32'],
      includeLoopback: false,
      closing: false,
    },
  },
  'allow-both': {
    ruleset: {
      ports: [port(80), port(443), port(8000, 8100)],
      allowFrom: ['10.0.0.0/9', '10.128.0.0/9', '192.0.2.0/24', 'fd00::/8'],
      includeLoopback: false,
      closing: false,
    },
  },
  closing: {
    ruleset: { ports: [port(80), port(8000, 8100)], allowFrom: [], includeLoopback: false, closing: true },
  },
  'closing-allow-both': {
    ruleset: {
      ports: [port(80)],
      allowFrom: ['10.0.0.0/8', 'fd00::/8'],
      includeLoopback: true,
      closing: true,
    },
  },
  'without-counters-and-comments': {
    ruleset: {
      ports: [port(80), port(443)],
      allowFrom: ['10.0.0.0/8'],
      includeLoopback: false,
      closing: false,
    },
    without: ['elementCounters', 'tableComments'],
  },
};

/** `count` ranges of eight ports, none touching another. */
function separateRanges(count: number): PortRange[] {
  return Array.from({ length: count }, (_, index) => port(index * 16 + 1, index * 16 + 8));
}

for (const [name, { ruleset, without = [] }] of Object.entries(cases)) {
  describe(`the table ${name}`, () => {
    it('is the golden text', async () => {
      const fixture = new URL(`../../fixtures/table/${name}.nft`, import.meta.url);
      assert.equal(await dump(ruleset, without), await readFile(fixture, 'utf8'));
    });

    it('loads again from its dump as ours and intact', async () => {
      await assertLoadsAgain(ruleset, without);
    });
  });
}

it('the table with 4,096 ranges lists each of them', async () => {
  const ports = separateRanges(4096);
  const text = await dump({ ports, allowFrom: [], includeLoopback: false, closing: false }, []);
  const listed = [...text.matchAll(/(\d+)-(\d+) counter packets 0 bytes 0/g)];
  assert.deepEqual(
    listed.map(([, first, last]) => port(Number(first), Number(last))),
    ports,
  );
});

// Not 4,096: what nft sends in one piece then passes the buffer that it may have without real root.
it('the table with 2,000 ranges loads again from its dump as ours and intact', async () => {
  await assertLoadsAgain(
    { ports: separateRanges(2000), allowFrom: [], includeLoopback: false, closing: false },
    [],
  );
});

async function dump(ruleset: Ruleset, without: readonly AvoidableFeature[]): Promise<string> {
  const namespace = await createNamespace();
  try {
    const firewall = await openFirewallIn(namespace, { ownership: 'plain', without });
    await firewall.apply(ruleset);
    await firewall.kill();
    return await namespace.run('nft', ['list', 'ruleset']);
  } finally {
    await namespace.close();
  }
}

async function assertLoadsAgain(ruleset: Ruleset, without: readonly AvoidableFeature[]): Promise<void> {
  const saved = await dump(ruleset, without);
  const namespace = await createNamespace();
  const firewall = await openFirewallIn(namespace, { ownership: 'auto' });
  try {
    await namespace.run('nft', ['-f', '-'], { input: saved });
    assert.deepEqual(await firewall.inspect(), {
      table: 'ours',
      ownership: 'plain',
      holder: 'nobody',
      ruleset,
      difference: null,
      refused: without.includes('elementCounters') ? null : ruleset.ports.map(() => 0),
    });
    await firewall.remove();
    assert.equal(await namespace.run('nft', ['list', 'ruleset']), '');
  } finally {
    await firewall.kill();
    await namespace.close();
  }
}
