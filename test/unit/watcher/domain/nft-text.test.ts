// The table as text. That nft accepts it, and that it is the addon's table, is test/kernel/table/plan-text.test.ts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DrainRuleset } from '../../../../src/watcher/domain/desired-firewall.ts';
import { nftRemovalText, nftText } from '../../../../src/watcher/domain/nft-text.ts';

const REMOVAL = 'table inet cs-instance-watcher\ndelete table inet cs-instance-watcher\n';
const FLAGS = /^\t# flags owner, persist: .*\n/m;

const full: DrainRuleset = {
  ports: [
    { first: 80, last: 80 },
    { first: 8000, last: 8100 },
  ],
  allowFrom: ['10.0.0.0/8', 'fd00::/8'],
  includeLoopback: false,
  closing: false,
};

test('the golden text', () => {
  assert.equal(
    nftText(full, 'plain'),
    `${REMOVAL}table inet cs-instance-watcher {
	comment "cs-instance-watcher 1 refuses new TCP connections while this instance drains"

	set ports {
		type inet_service
		flags interval
		counter
		elements = { 80, 8000-8100 }
	}

	set allow4 {
		type ipv4_addr
		flags interval
		elements = { 10.0.0.0/8 }
	}

	set allow6 {
		type ipv6_addr
		flags interval
		elements = { fd00::/8 }
	}

	chain prerouting {
		type filter hook prerouting priority -150; policy accept;
		iif != "lo" tcp flags & (fin|syn|rst|ack) == syn jump new-connection
	}

	chain new-connection {
		fib daddr type != local return
		ip saddr @allow4 return
		ip6 saddr @allow6 return
		tcp dport @ports reject with tcp reset
	}
}
`,
  );
});

test('ownership is a comment, and nothing else', () => {
  const text = nftText(full, 'auto');
  assert.match(text, FLAGS);
  assert.equal(text.replace(FLAGS, ''), nftText(full, 'plain'));
});

describe('every combination', () => {
  const allows = [[], ['10.0.0.0/8'], ['fd00::/8'], ['10.0.0.0/8', 'fd00::/8']];
  for (const allowFrom of allows) {
    for (const includeLoopback of [false, true]) {
      for (const closing of [false, true]) {
        test(`${allowFrom.join(' ') || 'nobody exempt'}, ${includeLoopback ? 'with' : 'without'} loopback, ${closing ? 'closing' : 'not closing'}`, () => {
          const text = nftText({ ...full, allowFrom, includeLoopback, closing }, 'plain');
          const has = (line: string): number => text.split('\n').filter((one) => one.trim() === line).length;
          const chains = closing ? 2 : 1;
          const allows4 = allowFrom.includes('10.0.0.0/8');
          const allows6 = allowFrom.includes('fd00::/8');
          const syn = 'tcp flags & (fin|syn|rst|ack) == syn jump new-connection';
          assert.deepEqual([has(syn), has(`iif != "lo" ${syn}`)], includeLoopback ? [1, 0] : [0, 1]);
          assert.deepEqual(
            [has('set allow4 {'), has('ip saddr @allow4 return')],
            allows4 ? [1, chains] : [0, 0],
          );
          assert.deepEqual(
            [has('set allow6 {'), has('ip6 saddr @allow6 return')],
            allows6 ? [1, chains] : [0, 0],
          );
          assert.equal(has('fib daddr type != local return'), chains);
          assert.deepEqual(
            [
              'set closing-ports {',
              'chain closing {',
              'iif != "lo" ct direction original ct status dnat jump closing',
            ].map(has),
            closing ? [1, 1, 1] : [0, 0, 0],
          );
          assert.ok(text.startsWith(REMOVAL));
        });
      }
    }
  }
});

test('many elements stand on lines of eight', () => {
  const ports = Array.from({ length: 17 }, (_, i) => ({ first: i * 10 + 1, last: i * 10 + 1 }));
  const text = nftText({ ...full, ports, allowFrom: [] }, 'plain');
  const [, elements] = /elements = \{\n([^}]*)\n\t\t\}/.exec(text) ?? [];
  assert.deepEqual(
    elements?.split('\n').map((line) => line.trim()),
    ['1, 11, 21, 31, 41, 51, 61, 71,', '81, 91, 101, 111, 121, 131, 141, 151,', '161'],
  );
});

test('removal', () => {
  assert.equal(nftRemovalText(), REMOVAL);
});
