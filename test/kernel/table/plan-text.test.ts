// The text of `plan` and the addon's table are the same thing: nft accepts the text, the addon recognises what it loads, and nft
// prints both alike.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { PortRange, Ruleset } from '../../../src/firewall/ruleset.ts';
import { nftRemovalText, nftText } from '../../../src/watcher/domain/nft-text.ts';
import { planText } from '../../../src/watcher/observe/plan-text.ts';
import { openFirewallIn, type RemoteFirewall } from '../../fixtures/firewall-process.ts';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';
import { CONFIG } from '../../unit/watcher/domain/cycle.ts';

const port = (first: number, last = first): PortRange => ({ first, last });
const plain: Ruleset = { ports: [port(80)], allowFrom: [], includeLoopback: false, closing: false };

const variants: Record<string, Ruleset> = {
  'one port': plain,
  'every port': { ...plain, ports: [port(1, 65535)] },
  'ports and ranges, on several lines': {
    ...plain,
    ports: [...Array.from({ length: 9 }, (_, index) => port(index * 3 + 1)), port(8000, 8100), port(65535)],
  },
  '4,096 ranges': { ...plain, ports: Array.from({ length: 4096 }, (_, i) => port(i * 16 + 1, i * 16 + 8)) },
  'IPv4 networks, two of them adjacent': {
    ...plain,
    allowFrom: ['10.0.0.0/9', '10.128.0.0/9', '192.0.2.1/32'],
  },
  'every IPv4 address': { ...plain, allowFrom: ['0.0.0.0/0'] },
  'IPv6 networks, one of them of mapped addresses': {
    ...plain,
    allowFrom: ['::1/128', '::ffff:10.0.0.0/104', '2001:db8::/32'],
  },
  'every IPv6 address': { ...plain, allowFrom: ['::/0'] },
  'networks of both families': { ...plain, allowFrom: ['192.0.2.0/24', 'fd00::/8'] },
  'loopback included': { ...plain, includeLoopback: true },
  closing: { ...plain, closing: true },
  'all of it': {
    ports: [port(80), port(443), port(8000, 8100)],
    allowFrom: ['10.0.0.0/8', 'fd00::/8'],
    includeLoopback: true,
    closing: true,
  },
};

describe('the text of a plan', () => {
  let namespace: Namespace;
  let firewall: RemoteFirewall;
  const nft = (text: string, ...options: string[]): Promise<string> =>
    namespace.run('nft', [...options, '-f', '-'], { input: text });
  const listed = (): Promise<string> => namespace.run('nft', ['list', 'ruleset']);

  before(async () => {
    namespace = await createNamespace();
    firewall = await openFirewallIn(namespace, { ownership: 'plain' });
  });
  after(async () => {
    try {
      assert.equal(await firewall.end(), 0);
    } finally {
      await namespace.close();
    }
  });

  for (const [name, ruleset] of Object.entries(variants)) {
    for (const ownership of ['auto', 'plain'] as const) {
      it(`is what the addon installs: ${name}, ownership ${ownership}`, async () => {
        await firewall.remove();
        const text = nftText(ruleset, ownership);
        await nft(text, '-c');
        assert.equal(await listed(), '');
        await nft(text);
        const loaded = await listed();
        assert.deepEqual(await firewall.inspect(), {
          table: 'ours',
          ownership: 'plain',
          holder: 'nobody',
          ruleset,
          difference: null,
          refused: ruleset.ports.map(() => 0),
        });
        await firewall.remove();
        await firewall.apply(ruleset);
        assert.equal(await listed(), loaded);
        await nft(nftRemovalText(), '-c');
        assert.equal(await listed(), loaded);
        await nft(nftRemovalText());
        assert.equal(await listed(), '');
      });
    }
  }

  const earlier: Record<string, string> = {
    'no table': '',
    'a table of other ports': nftText({ ...plain, ports: [port(22)], includeLoopback: true }, 'plain'),
    'a table with a chain of somebody else': `${nftText(plain, 'plain')}add chain inet cs-instance-watcher extra`,
    'a chain of another priority':
      'table inet cs-instance-watcher { chain prerouting { type filter hook prerouting priority -5; policy drop; }\n}',
  };
  for (const [name, text] of Object.entries(earlier)) {
    it(`replaces, and removes, ${name}`, async () => {
      const begin = async (): Promise<void> => nft(`${nftRemovalText()}${text}`).then(() => {});
      await begin();
      await nft(nftText(plain, 'plain'));
      const found = await firewall.inspect();
      assert.deepEqual(found.table === 'ours' && found.ruleset, plain);
      await begin();
      await nft(nftRemovalText());
      assert.equal(await listed(), '');
    });
  }

  for (const [state, installs] of [
    ['draining', true],
    ['running', false],
    ['excluded', false],
  ] as const) {
    it(`with its comments for ${state}, hostile names among them, is the same to nft`, async () => {
      const path = '/etc/scripts/x\ntable inet other {\r}\\';
      const scripts = { paths: [path, "/etc/a'b\\"], refused: [{ path, problem: path, remedy: path }] };
      const text = planText({
        ...CONFIG,
        state,
        notice: path,
        ruleset: plain,
        tableOwnership: 'auto',
        scriptDir: '/etc/scripts',
        scripts,
        drainedScripts: scripts,
        isRoot: true,
      });
      await nft(text, '-c');
      await nft(text);
      const tables = await namespace.run('nft', ['list', 'tables']);
      assert.equal(tables, installs ? 'table inet cs-instance-watcher\n' : '');
      await firewall.remove();
    });
  }

  it('touches no other table', async () => {
    const other = 'table inet other {\n\tchain c {\n\t\taccept\n\t}\n}\n';
    await nft(other);
    await nft(nftText(plain, 'auto'));
    await nft(nftRemovalText());
    assert.equal(await listed(), other);
    await nft('delete table inet other');
  });

  it('is refused whole where an agent protects its table, and can be checked in a namespace of its own', async () => {
    const agent = await openFirewallIn(namespace, { ownership: 'auto' });
    try {
      const inspection = await agent.apply(plain);
      const { ownerPersist } = await agent.probe();
      assert.deepEqual(inspection.table === 'ours' && inspection.ownership, ownerPersist ? 'owned' : 'plain');
      const other = nftText({ ...plain, ports: [port(443)] }, 'auto');
      for (const text of [other, nftRemovalText()]) {
        if (ownerPersist) await assert.rejects(nft(text, '-c'), /Operation not permitted/);
        else await nft(text, '-c');
        await namespace.run('unshare', ['-n', 'nft', '-c', '-f', '-'], { input: text });
      }
      const found = await agent.inspect();
      assert.deepEqual(found.table === 'ours' && found.ruleset, plain);
      await agent.remove();
    } finally {
      await agent.kill();
    }
  });
});
