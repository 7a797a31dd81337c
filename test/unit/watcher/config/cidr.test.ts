import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalCidrs } from '../../../../src/watcher/config/cidr.ts';

describe('canonical CIDRs', () => {
  const cases: readonly (readonly [tokens: readonly string[], cidrs: readonly string[]])[] = [
    [[], []],
    [['10.1.2.3'], ['10.1.2.3/32']],
    [['::1'], ['::1/128']],
    [['0.0.0.0/0', '10.0.0.0/8'], ['0.0.0.0/0']],
    [['::/0', 'fd00::/8'], ['::/0']],
    [
      ['fd00::/8', '192.168.0.0/16', '10.0.0.0/8'],
      ['10.0.0.0/8', '192.168.0.0/16', 'fd00::/8'],
    ],
    [
      ['9.0.0.0/8', '10.0.0.0/8', '100.0.0.0/8'],
      ['9.0.0.0/8', '10.0.0.0/8', '100.0.0.0/8'],
    ],
    [['10.0.0.0/8', '10.0.0.0/8', '10.2.0.0/16'], ['10.0.0.0/8']],
    [['10.128.0.0/9', '10.0.0.0/9'], ['10.0.0.0/8']],
    [['10.0.0.0/26', '10.0.0.64/26', '10.0.0.128/25'], ['10.0.0.0/24']],
    [
      ['10.0.1.0/24', '10.0.2.0/24'],
      ['10.0.1.0/24', '10.0.2.0/24'],
    ],
    [['0.0.0.0/1', '128.0.0.0/1'], ['0.0.0.0/0']],
    [['8000::/1', '::/1'], ['::/0']],
    [['2001:DB8:0:0:0:0:0:0/32'], ['2001:db8::/32']],
    [['2001:db8::1:0:0:1'], ['2001:db8::1:0:0:1/128']],
    [['fe80:0:0:1::/64'], ['fe80:0:0:1::/64']],
    [['64:ff9b::1.2.3.4'], ['64:ff9b::102:304/128']],
  ];
  for (const [tokens, cidrs] of cases) {
    it(JSON.stringify(tokens), () => {
      assert.deepEqual(canonicalCidrs(tokens), { cidrs, adjusted: [] });
      assert.deepEqual(canonicalCidrs([...tokens].reverse()).cidrs, cidrs);
      assert.deepEqual(canonicalCidrs(cidrs).cidrs, cidrs);
    });
  }

  it('clears host bits and says which had them', () => {
    assert.deepEqual(canonicalCidrs(['10.1.2.3/8', 'fd00::1/64', '10.0.0.0/8']), {
      cidrs: ['10.0.0.0/8', 'fd00::/64'],
      adjusted: ['10.1.2.3/8', 'fd00::1/64'],
    });
  });

  const bad = [
    '',
    '10',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    'fe80::1%eth0',
    ':::',
    'localhost',
    '::ffff:10.0.0.1',
    '::ffff:0:0/96',
  ];
  for (const token of bad) {
    it(`'${token}' is refused by name`, () => {
      assert.throws(
        () => canonicalCidrs(['10.0.0.0/8', token]),
        (error) => error instanceof RangeError && error.message.includes(`'${token}'`),
      );
    });
  }
});
