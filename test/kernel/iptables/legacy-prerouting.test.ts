// Rules that the legacy iptables programs put before the drain table.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';

const PROGRAM = fileURLToPath(new URL('legacy-prerouting-program.ts', import.meta.url));

describe('listLegacyPrerouting', () => {
  let namespace: Namespace;

  beforeEach(async () => {
    namespace = await createNamespace();
  });
  afterEach(() => namespace?.close());

  async function list(wrapper: readonly string[] = []): Promise<unknown> {
    const [command, ...args] = [...wrapper, process.execPath, PROGRAM];
    return JSON.parse(await namespace.run(command!, args));
  }

  for (const [what, script, expected] of [
    ['nothing', '', []],
    ['tables without rules', 'iptables-legacy -t raw -N A; ip6tables-legacy -t mangle -L', []],
    [
      'rules elsewhere',
      'iptables-legacy -t mangle -A OUTPUT -j ACCEPT; iptables-legacy -A INPUT -j DROP; iptables-legacy -t nat -A PREROUTING -j ACCEPT',
      [],
    ],
    ['a policy', 'iptables-legacy -t mangle -P PREROUTING DROP', []],
    ['a rule', 'iptables-legacy -t raw -A PREROUTING -j DROP', [{ family: 'ip', table: 'raw' }]],
    [
      'rules everywhere',
      'for program in iptables-legacy ip6tables-legacy; do for table in raw mangle; do $program -t $table -A PREROUTING -j ACCEPT; done; done',
      ['ip', 'ip6'].flatMap((family) => ['raw', 'mangle'].map((table) => ({ family, table }))),
    ],
    [
      'a rule that went',
      'iptables-legacy -t raw -A PREROUTING -j DROP; iptables-legacy -t raw -F PREROUTING',
      [],
    ],
    ["iptables-nft's, which are base chains", 'iptables-nft -t raw -A PREROUTING -j DROP', []],
  ] as const) {
    test(what, async () => {
      await namespace.shell(script);
      assert.deepEqual(await list(), expected);
    });
  }

  test('looking makes no table', async () => {
    await list();
    assert.equal(await namespace.shell('cat /proc/net/ip_tables_names /proc/net/ip6_tables_names'), '');
  });

  test('without CAP_NET_ADMIN a table that is there is unknown', async () => {
    await namespace.shell('iptables-legacy -t raw -A PREROUTING -j DROP');
    assert.equal(await list(['setpriv', '--inh-caps', '-net_admin', '--bounding-set', '-net_admin']), null);
  });
});
