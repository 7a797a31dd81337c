// The warning about the Python tool's chain: when there is one, and which commands it gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oldChainWarning } from '../../../../src/commands/watcher/old-chain.ts';

const removal = (program: string) =>
  `while ${program} -w -D INPUT -j CS-INSTANCE-WATCHER 2>/dev/null; do :; done; ` +
  `${program} -w -F CS-INSTANCE-WATCHER; ${program} -w -X CS-INSTANCE-WATCHER`;

for (const { nft, legacy, programs } of [
  { nft: false, legacy: false, programs: [] },
  { nft: null, legacy: null, programs: [] },
  { nft: false, legacy: null, programs: [] },
  { nft: true, legacy: false, programs: ['iptables-nft'] },
  { nft: true, legacy: null, programs: ['iptables-nft'] },
  { nft: false, legacy: true, programs: ['iptables-legacy'] },
  { nft: null, legacy: true, programs: ['iptables-legacy'] },
  { nft: true, legacy: true, programs: ['iptables-nft', 'iptables-legacy'] },
]) {
  test(`nft ${nft}, legacy ${legacy}: commands of ${programs.join(' and ') || 'nothing, no warning'}`, () => {
    const warning = oldChainWarning({ nft, legacy });
    if (programs.length === 0) {
      assert.equal(warning, null);
      return;
    }
    assert.ok(warning !== null);
    assert.doesNotMatch(warning, /\n/);
    const [what, commands] = warning.split('run as root: ');
    assert.match(what!, new RegExp(`filter table of ${programs.join(' and ')}:`));
    assert.equal(commands, programs.map(removal).join('; '));
  });
}
