// The old tool's chain, made by the real iptables programs in namespaces of the test's own, and the commands that remove it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OLD_CHAIN, oldChainWarning } from '../../../src/commands/watcher/old-chain.ts';
import { FirewallError } from '../../../src/firewall/errors.ts';
import { findIptablesChain, type IptablesChainPresence } from '../../../src/firewall/iptables.ts';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';

const PROGRAM = fileURLToPath(new URL('find-chain-program.ts', import.meta.url));
const PROGRAMS = ['iptables-nft', 'iptables-legacy'] as const;

/** What the old tool ran to refuse two ports. */
function block(program: string): string {
  const reject = '-m state --state NEW -j REJECT --reject-with icmp-port-unreachable';
  return `${program} -N ${OLD_CHAIN}
    ${program} -I INPUT 1 -j ${OLD_CHAIN}
    ${program} -A ${OLD_CHAIN} -p tcp --dport 80 ${reject}
    ${program} -A ${OLD_CHAIN} -p tcp --dport 443 ${reject}`;
}

before(() => {
  for (const program of PROGRAMS) {
    const { status } = spawnSync(program, ['--version']);
    assert.equal(status, 0, `${program} is needed: Debian's package iptables has it`);
  }
  assert.ok(
    existsSync('/proc/net/ip_tables_names'),
    'a kernel with ip_tables is needed (CONFIG_IP_NF_IPTABLES_LEGACY, or modprobe iptable_filter)',
  );
});

describe('findIptablesChain', () => {
  let namespace: Namespace;

  beforeEach(async () => {
    namespace = await createNamespace();
  });
  afterEach(() => namespace?.close());

  /** Looks in the namespace; `wrapper` is a command that starts the program, such as one that drops a capability. */
  async function look(wrapper: readonly string[] = []): Promise<IptablesChainPresence> {
    const [command, ...args] = [...wrapper, process.execPath, PROGRAM, OLD_CHAIN];
    return JSON.parse(await namespace.run(command!, args)) as IptablesChainPresence;
  }

  const cases: readonly { name: string; script: string; expected: IptablesChainPresence }[] = [
    { name: 'nothing', script: '', expected: { nft: false, legacy: false } },
    {
      name: 'an empty chain, nft',
      script: `iptables-nft -N ${OLD_CHAIN}`,
      expected: { nft: true, legacy: false },
    },
    {
      name: 'an empty chain, legacy',
      script: `iptables-legacy -N ${OLD_CHAIN}`,
      expected: { nft: false, legacy: true },
    },
    { name: "the tool's rules, nft", script: block('iptables-nft'), expected: { nft: true, legacy: false } },
    {
      name: "the tool's rules, legacy",
      script: block('iptables-legacy'),
      expected: { nft: false, legacy: true },
    },
    {
      name: "the tool's rules, both",
      script: `${block('iptables-nft')}\n${block('iptables-legacy')}`,
      expected: { nft: true, legacy: true },
    },
    ...PROGRAMS.flatMap((program) => [
      {
        name: `other chains and rules, ${program}`,
        script: `for chain in CS-AGENT CS-INSTANCE CS-INSTANCE-WATCHER-2 cs-instance-watcher; do
            ${program} -N $chain; ${program} -A INPUT -j $chain
          done
          ${program} -A INPUT -m comment --comment ${OLD_CHAIN} -j ACCEPT`,
        expected: { nft: false, legacy: false },
      },
      {
        name: `the name in another table, ${program}`,
        script: `${program} -t mangle -N ${OLD_CHAIN}; ${program} -L`,
        expected: { nft: false, legacy: false },
      },
      {
        name: `IPv6, ${program}`,
        script: `${program.replace('ip', 'ip6')} -N ${OLD_CHAIN}`,
        expected: { nft: false, legacy: false },
      },
    ]),
    {
      name: 'the last of 300 chains and 5,000 rules, legacy',
      script: `{ echo '*filter'
          for i in $(seq 300); do echo ":A$i - [0:0]"; done
          echo ':${OLD_CHAIN} - [0:0]'
          for i in $(seq 5000); do echo "-A A7 -p tcp --dport $i -j REJECT"; done
          echo COMMIT
        } | iptables-legacy-restore`,
      expected: { nft: false, legacy: true },
    },
  ];
  for (const { name, script, expected } of cases) {
    test(name, async () => {
      await namespace.shell(script);
      assert.deepEqual(await look(), expected);
    });
  }

  test('looking makes no table, in either form', async () => {
    await look();
    assert.equal(await namespace.run('cat', ['/proc/net/ip_tables_names']), '');
    assert.equal(await namespace.run('nft', ['list', 'ruleset']), '');
  });

  test('a legacy table that is not `filter` does not make it ask for `filter`', async () => {
    await namespace.shell(`iptables-legacy -t mangle -N ${OLD_CHAIN}`);
    assert.deepEqual(await look(), { nft: false, legacy: false });
    assert.equal(await namespace.run('cat', ['/proc/net/ip_tables_names']), 'mangle\n');
  });

  test('a chain that was removed is gone', async () => {
    for (const program of PROGRAMS) {
      await namespace.shell(`${program} -N ${OLD_CHAIN}; ${program} -X ${OLD_CHAIN}`);
    }
    assert.deepEqual(await look(), { nft: false, legacy: false });
  });

  test('without CAP_NET_ADMIN a table that is there is unknown, not empty', async () => {
    const wrapper = ['setpriv', '--bounding-set', '-net_admin'];
    assert.deepEqual(await look(wrapper), { nft: null, legacy: false }); // the list of legacy tables says `none`
    await namespace.shell(PROGRAMS.map((program) => `${program} -N ${OLD_CHAIN}`).join('\n'));
    assert.deepEqual(await look(wrapper), { nft: null, legacy: null });
  });

  test('no CAP_NET_RAW is needed', async () => {
    await namespace.shell(PROGRAMS.map(block).join('\n'));
    assert.deepEqual(await look(['setpriv', '--bounding-set', '-net_raw']), { nft: true, legacy: true });
  });

  for (const programs of [['iptables-nft'], ['iptables-legacy'], PROGRAMS]) {
    test(`the commands of the warning remove the chain and nothing else: ${programs.join(' and ')}`, async () => {
      const rules = () => namespace.shell(programs.map((program) => `${program} -S`).join('\n'));
      for (const program of programs) {
        await namespace.shell(
          `${program} -N CS-AGENT; ${program} -A INPUT -j CS-AGENT; ${program} -A INPUT -i lo -j ACCEPT`,
        );
      }
      const others = await rules();
      for (const program of programs) {
        await namespace.shell(`${block(program)}\n${program} -A INPUT -j ${OLD_CHAIN}`); // a jump left twice
      }

      const commands = /run as root: (.*)$/.exec(oldChainWarning(await look()) ?? '')?.[1];
      assert.ok(commands, 'the warning has commands');
      await namespace.shell(commands);
      assert.equal(await rules(), others);
      assert.deepEqual(await look(), { nft: false, legacy: false });
    });
  }
});

describe('the name of a chain', () => {
  for (const { what, name } of [
    { what: 'empty', name: '' },
    { what: '29 bytes', name: 'x'.repeat(29) },
    { what: '15 letters of two bytes', name: 'é'.repeat(15) },
    { what: 'a zero in it', name: 'CS\0INSTANCE' },
  ]) {
    test(`refused: ${what}`, async () => {
      await assert.rejects(findIptablesChain(name), (error) => {
        assert.ok(error instanceof FirewallError);
        assert.deepEqual([error.code, error.operation], ['bad-argument', 'findIptablesChain']);
        return true;
      });
    });
  }
});
