// Everybody's base chains, and which of them can refuse, over tables made by nft and iptables.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BaseChain } from '../../../src/firewall/base-chains.ts';
import { openFirewallIn } from '../../fixtures/firewall-process.ts';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';

const PROGRAM = fileURLToPath(new URL('list-base-chains-program.ts', import.meta.url));

/** A base chain at input of table `inet t` with these rules, after these other parts of the table, and whether it refuses. */
const rules: readonly (readonly [what: string, rules: string, parts: string, refuses: boolean])[] = [
  ['no rule', '', '', false],
  ['only what accepts and counts', 'tcp dport 80 counter accept', '', false],
  ['a drop', 'tcp dport 80 drop', '', true],
  ['a reject', 'tcp dport 80 reject with tcp reset', '', true],
  ['a jump to a drop', 'tcp dport 80 jump a', 'chain a { drop; }', true],
  ['a goto to a reject', 'goto a', 'chain a { reject; }', true],
  ['a drop three chains away', 'jump c', 'chain a { drop; }\nchain b { goto a; }\nchain c { jump b; }', true],
  ['jumps that lead to nothing', 'jump b', 'chain a { accept; }\nchain b { jump a; }', false],
  ['a chain that nothing leads to', '', 'chain a { drop; }', false],
  ['a map of verdicts with a drop', 'tcp dport vmap { 80 : accept, 81 : drop }', '', true],
  [
    'a map of verdicts that leads to a drop',
    'tcp dport vmap @m',
    'chain a { drop; }\nmap m { type inet_service : verdict; elements = { 80 : jump a } }',
    true,
  ],
  ['a map of verdicts without', 'tcp dport vmap { 80 : accept, 81 : return }', '', false],
  ['a map of values', 'tcp dport 80 meta mark set tcp sport map { 80 : 0 }', '', false],
];

describe('listBaseChains', () => {
  let namespace: Namespace;

  beforeEach(async () => {
    namespace = await createNamespace();
  });
  afterEach(() => namespace?.close());

  async function list(wrapper: readonly string[] = []): Promise<readonly BaseChain[]> {
    const [command, ...args] = [...wrapper, process.execPath, PROGRAM];
    return JSON.parse(await namespace.run(command!, args)) as BaseChain[];
  }
  const nft = (input: string) => namespace.run('nft', ['-f', '-'], { input });

  it('lists none where there is none', async () => {
    await nft('table inet t { chain regular { drop; }\n }');
    assert.deepEqual(await list(), []);
  });

  it('looks into a map whose name and whose table are as long as the kernel allows', async () => {
    const table = 't'.repeat(255);
    const map = 'm'.repeat(255);
    await nft(`table inet ${table} {
      map ${map} { type inet_service : verdict; elements = { 80 : drop }; }
      chain base { type filter hook input priority 0; policy accept;
        tcp dport vmap @${map}
      }
    }`);
    const [chain] = await list();
    assert.ok(chain !== undefined && chain.table === table && chain.refuses);
  });

  for (const [what, inChain, parts, refuses] of rules) {
    it(`tells whether a chain refuses with ${what}`, async () => {
      await nft(`table inet t {
        ${parts}
        chain base { type filter hook input priority 0; policy accept;
          ${inChain}
        }
      }`);
      assert.deepEqual(await list(), [
        { family: 'inet', table: 't', name: 'base', hook: 'input', priority: 0, policy: 'accept', refuses },
      ]);
    });
  }

  it('names families, hooks, priorities and policies, each table on its own', async () => {
    await nft(`table ip a {
        chain one { type filter hook prerouting priority -300; policy drop; }
        chain two { type nat hook postrouting priority 100; jump regular; }
        chain regular { accept; }
      }
      table ip6 a {
        chain one { type filter hook forward priority 0; jump regular; }
        chain regular { drop; }
      }
      table inet b {
        chain one { type route hook output priority 5; }
      }
      table arp b {
        chain one { type filter hook input priority 1; }
      }
      table bridge b {
        chain one { type filter hook postrouting priority 2; }
      }
      table netdev b {
        chain one { type filter hook ingress device lo priority -3; drop; }
      }
      table inet sleeping {
        flags dormant;
        chain one { type filter hook input priority 0; policy drop; }
      }`);
    const listed = (await list()).map((chain) => Object.values(chain).join(' '));
    assert.deepEqual(listed.sort(), [
      'arp b one input 1 accept false',
      'bridge b one postrouting 2 accept false',
      'inet b one output 5 accept false',
      'ip a one prerouting -300 drop true',
      'ip a two postrouting 100 accept false',
      'ip6 a one forward 0 accept true',
      'netdev b one ingress -3 accept true',
    ]);
  });

  it("sees iptables-nft's reject, which is an extension", async () => {
    await namespace.run('iptables-nft', ['-A', 'INPUT', '-p', 'tcp', '--dport', '80', '-j', 'REJECT']);
    await namespace.run('iptables-nft', ['-A', 'FORWARD', '-j', 'ACCEPT']);
    const refusals = (await list()).map(({ name, refuses }) => [name, refuses]);
    assert.deepEqual(
      refusals.filter(([name]) => name === 'INPUT' || name === 'FORWARD'),
      [
        ['INPUT', true],
        ['FORWARD', false],
      ],
    );
  });

  it('lists ours too', async () => {
    const firewall = await openFirewallIn(namespace, { ownership: 'plain' });
    try {
      const ports = [{ first: 80, last: 80 }];
      await firewall.apply({ ports, allowFrom: [], includeLoopback: false, closing: false });
      assert.deepEqual(await list(), [
        {
          family: 'inet',
          table: 'cs-instance-watcher',
          name: 'prerouting',
          hook: 'prerouting',
          priority: -150,
          policy: 'accept',
          refuses: true,
        },
      ]);
    } finally {
      await firewall.kill();
    }
  });

  it('finds a map of thousands of verdicts and a thousand chains', async () => {
    // By parts: in a user namespace one batch must fit into the socket's usual buffer.
    const PART = 250;
    for (let from = 0; from < 1000; from += PART) {
      const chains = Array.from({ length: PART }, (_, i) => `chain c${from + i} { accept; }`).join('\n');
      await nft(`table inet t {\n${chains}\n}`);
    }
    await nft(`table inet t {
      chain last { accept; }
      map m { type inet_service : verdict; elements = { 5000 : goto last } }
      chain base { type filter hook input priority 0; tcp dport vmap @m; }
    }`);
    for (let from = 0; from < 4000; from += PART) {
      const elements = Array.from({ length: PART }, (_, i) => `${from + i + 1} : goto c${(from + i) % 1000}`);
      await nft(`add element inet t m { ${elements.join(', ')} }`);
    }
    assert.deepEqual((await list())[0]?.refuses, false);
    await nft('flush chain inet t last; add rule inet t last drop');
    assert.deepEqual((await list())[0]?.refuses, true);
  });

  it('says that it may not look without CAP_NET_ADMIN', async () => {
    const wrapper = ['setpriv', '--inh-caps', '-net_admin', '--bounding-set', '-net_admin'];
    assert.deepEqual(await list(wrapper), 'no-permission');
  });
});
