// What inspect says of a table that is not exactly the one we write, after edits made with nft.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Ruleset } from '../../../src/firewall/ruleset.ts';
import { openFirewallIn, type RemoteFirewall } from '../../fixtures/firewall-process.ts';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';

const table = 'inet cs-instance-watcher';
const ruleset: Ruleset = {
  ports: [
    { first: 80, last: 80 },
    { first: 443, last: 443 },
  ],
  allowFrom: ['10.0.0.0/8', 'fd00::/8'],
  includeLoopback: false,
  closing: false,
};

/** nft commands, and the difference that they make; handles are of the table as it was written. */
const edits: readonly (readonly [what: string, commands: string, difference: RegExp])[] = [
  [
    'a rule added at the end',
    `add rule ${table} new-connection drop`,
    /^rule 5 of chain new-connection was added$/,
  ],
  [
    'a rule inserted',
    `insert rule ${table} new-connection accept`,
    /^rule 1 of chain new-connection is not "fib daddr/,
  ],
  ['a rule in the base chain', `add rule ${table} prerouting drop`, /^rule 2 of chain prerouting was added$/],
  [
    'a chain flushed',
    `flush chain ${table} new-connection`,
    /^rule 1 of chain new-connection, "fib daddr type != local return", is missing$/,
  ],
  [
    'the base chain flushed',
    `flush chain ${table} prerouting`,
    /^rule 1 of chain prerouting, "iif .*, is missing$/,
  ],
  [
    'a rule replaced by its like',
    `flush chain ${table} prerouting
     add rule ${table} prerouting iif != "lo" tcp flags & (fin|syn|rst) == syn jump new-connection`,
    /^rule 1 of chain prerouting is not "iif/,
  ],
  [
    'a verdict replaced',
    `flush chain ${table} prerouting
     add rule ${table} prerouting iif != "lo" tcp flags & (fin|syn|rst|ack) == syn goto new-connection`,
    /^rule 1 of chain prerouting is not "iif/,
  ],
  ['a chain added', `add chain ${table} extra`, /^a chain, set or object was added$/],
  ['a counter object added', `add counter ${table} extra`, /^a chain, set or object was added$/],
  ['a set added', `add set ${table} extra { type ipv4_addr; }`, /^set extra was added$/],
  ['the ports flushed', `flush set ${table} ports`, /^set ports is empty$/],
  ['the prefixes flushed', `flush set ${table} allow4`, /^set allow4 is empty$/],
  [
    'elements that limit themselves',
    `flush chain ${table} new-connection
     delete set ${table} ports
     add set ${table} ports { type inet_service; flags interval; limit rate 1/day; }
     add element ${table} ports { 80, 443 }`,
    /^set ports holds elements that are not ours$/,
  ],
  ['port 0 added', `add element ${table} ports { 0 }`, /^set ports holds port 0$/],
  [
    'the policy changed',
    `chain ${table} prerouting { policy drop; }`,
    /^chain prerouting has another type, hook/,
  ],
  [
    'the chains deleted',
    `flush chain ${table} prerouting
     delete chain ${table} new-connection`,
    /^chain new-connection is missing$/,
  ],
  ['the table made dormant', `add table ${table} { flags dormant; }`, /^the table is dormant$/],
];

const closingEdits: typeof edits = [
  [
    'the ports of the closing chain changed',
    `add element ${table} closing-ports { 22 }`,
    /^set closing-ports holds other ports than set ports$/,
  ],
  [
    'the ports of the closing chain flushed',
    `flush set ${table} closing-ports`,
    /^set closing-ports is empty$/,
  ],
  [
    'the closing chain flushed',
    `flush chain ${table} closing`,
    /^rule 1 of chain closing, "fib daddr type != local return", is missing$/,
  ],
  [
    'a rule added to the closing chain',
    `add rule ${table} closing drop`,
    /^rule 5 of chain closing was added$/,
  ],
  [
    'the jump to the closing chain replaced',
    `flush chain ${table} prerouting
     add rule ${table} prerouting iif != "lo" tcp flags & (fin|syn|rst|ack) == syn jump new-connection
     add rule ${table} prerouting iif != "lo" ct status dnat jump closing`,
    /^rule 2 of chain prerouting is not "iif != "lo" ct direction/,
  ],
  [
    'the closing chain deleted',
    `flush chain ${table} prerouting
     add rule ${table} prerouting iif != "lo" tcp flags & (fin|syn|rst|ack) == syn jump new-connection
     delete chain ${table} closing`,
    /^chain closing is missing$/,
  ],
];

describe('a table that was edited', () => {
  let namespace: Namespace;
  let firewall: RemoteFirewall;

  before(async () => {
    namespace = await createNamespace();
    firewall = await openFirewallIn(namespace, { ownership: 'plain' });
  });
  after(async () => {
    assert.equal(await firewall.end(), 0);
    await namespace.close();
  });

  const cases = [
    ...edits.map((edit) => [ruleset, ...edit] as const),
    ...closingEdits.map((edit) => [{ ...ruleset, closing: true }, ...edit] as const),
  ];
  for (const [applied, what, commands, difference] of cases) {
    it(`names ${what}, and apply mends it`, async () => {
      const intact = await firewall.apply(applied);
      await namespace.run('nft', ['-f', '-'], { input: commands });
      const edited = await firewall.inspect();
      assert.ok(edited.table === 'ours');
      assert.match(edited.difference!, difference);
      assert.deepEqual([edited.ruleset, edited.refused], [null, null]);
      assert.deepEqual(await firewall.apply(applied), intact);
    });
  }

  it('takes added elements for another ruleset, not for damage', async () => {
    await firewall.apply(ruleset);
    const input = `add element ${table} ports { 22, 81, 8000-8010 }\nadd element ${table} allow4 { 192.0.2.5-192.0.2.8 }`;
    await namespace.run('nft', ['-f', '-'], { input });
    assert.deepEqual(await firewall.inspect(), {
      table: 'ours',
      ownership: 'plain',
      holder: 'nobody',
      ruleset: {
        ports: [
          { first: 22, last: 22 },
          { first: 80, last: 81 },
          { first: 443, last: 443 },
          { first: 8000, last: 8010 },
        ],
        allowFrom: ['10.0.0.0/8', '192.0.2.5/32', '192.0.2.6/31', '192.0.2.8/32', 'fd00::/8'],
        includeLoopback: false,
        closing: false,
      },
      difference: null,
      refused: [0, 0, 0, 0],
    });
  });
});
