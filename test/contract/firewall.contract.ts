// What every Firewall keeps to, whatever is behind it. Run by fake-firewall.test.ts and native-firewall.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FirewallError, type FirewallErrorCode } from '../../src/firewall/errors.ts';
import type { Firewall } from '../../src/firewall/firewall.ts';
import type { Inspection, PortRange, Ruleset, RulesetEvent } from '../../src/firewall/ruleset.ts';

export type ContractFirewall = Omit<Firewall, 'connections' | 'destroy'>;

/** One host: firewalls opened on it see the same table. */
export interface Host {
  open(options: { readonly ownership: 'auto' | 'plain' }): Promise<ContractFirewall>;
  /** Somebody else makes a table of our name. */
  addForeignTable(comment: string | null): Promise<void>;
  /** Somebody else flushes the whole ruleset. */
  flushRuleset(): Promise<void>;
  close(): Promise<void>;
}

const port = (first: number, last = first): PortRange => ({ first, last });

function ruleset(ports: readonly PortRange[], rest: Partial<Ruleset> = {}): Ruleset {
  return { ports, allowFrom: [], includeLoopback: false, closing: false, ...rest };
}

/** `count` ranges of two ports, none touching another. */
function separateRanges(count: number): PortRange[] {
  return Array.from({ length: count }, (_, index) => port(index * 3 + 1, index * 3 + 2));
}

const rulesets: Record<string, Ruleset> = {
  'one port': ruleset([port(80)]),
  'ports and ranges': ruleset([port(80), port(443), port(8000, 8100)]),
  'the lowest and the highest port': ruleset([port(1), port(65535)]),
  'a range up to the highest port': ruleset([port(60000, 65535)]),
  'every port': ruleset([port(1, 65535)]),
  'ranges one port apart': ruleset([port(1, 9), port(11, 19), port(21)]),
  'loopback too': ruleset([port(80)], { includeLoopback: true }),
  'closing too': ruleset([port(80), port(8000, 8100)], { closing: true }),
  'closing, with prefixes': ruleset([port(80)], { closing: true, allowFrom: ['10.0.0.0/8', 'fd00::/8'] }),
  'closing, with loopback': ruleset([port(80)], { closing: true, includeLoopback: true }),
  'no longer closing': ruleset([port(80)], { includeLoopback: true }),
  'an IPv4 prefix': ruleset([port(80)], { allowFrom: ['10.0.0.0/8'] }),
  'an IPv6 prefix': ruleset([port(80)], { allowFrom: ['2001:db8::/32'] }),
  'addresses and prefixes of both families': ruleset([port(80)], {
    allowFrom: ['10.0.0.0/8', '192.0.2.1/32', '198.51.100.0/24', '::1/128', 'fd00::/8'],
  }),
  'prefixes that touch': ruleset([port(80)], { allowFrom: ['10.0.0.0/9', '10.128.0.0/9', '11.0.0.0/8'] }),
  'the last addresses': ruleset([port(80)], { allowFrom: ['255.255.255.255/32', 'ff00::/8'] }),
  'every address': ruleset([port(80)], { allowFrom: ['0.0.0.0/0', '::/0'] }),
  'a mapped IPv4 address': ruleset([port(80)], { allowFrom: ['::ffff:192.0.2.0/120'] }),
  'the most ranges': ruleset(separateRanges(4096)),
};

const badRulesets: Record<string, readonly [Ruleset, field: string]> = {
  'no ports': [ruleset([]), 'ruleset.ports'],
  'one range too many': [ruleset(separateRanges(4097)), 'ruleset.ports'],
  'port 0': [ruleset([port(0)]), 'ruleset.ports[0].first'],
  'port 65536': [ruleset([port(80), port(443, 65536)]), 'ruleset.ports[1].last'],
  'a fraction': [ruleset([port(80.5)]), 'ruleset.ports[0].first'],
  'not a number': [ruleset([port(Number.NaN)]), 'ruleset.ports[0].first'],
  'a range backwards': [ruleset([port(90, 80)]), 'ruleset.ports[0].last'],
  'ranges out of order': [ruleset([port(443), port(80)]), 'ruleset.ports[1]'],
  'ranges that overlap': [ruleset([port(80, 90), port(85, 95)]), 'ruleset.ports[1]'],
  'ranges that touch': [ruleset([port(80), port(81)]), 'ruleset.ports[1]'],
  'no prefix length': [ruleset([port(80)], { allowFrom: ['10.0.0.1'] }), 'ruleset.allowFrom[0]'],
  'a prefix length too long': [ruleset([port(80)], { allowFrom: ['10.0.0.1/33'] }), 'ruleset.allowFrom[0]'],
  'bits after the prefix': [ruleset([port(80)], { allowFrom: ['10.0.0.1/8'] }), 'ruleset.allowFrom[0]'],
  'an IPv6 address written long': [
    ruleset([port(80)], { allowFrom: ['fd00:0::/8'] }),
    'ruleset.allowFrom[0]',
  ],
  'a zone': [ruleset([port(80)], { allowFrom: ['fe80::1%lo/128'] }), 'ruleset.allowFrom[0]'],
  'not an address': [ruleset([port(80)], { allowFrom: ['example/8'] }), 'ruleset.allowFrom[0]'],
  'IPv4 after IPv6': [ruleset([port(80)], { allowFrom: ['fd00::/8', '10.0.0.0/8'] }), 'ruleset.allowFrom[1]'],
  'prefixes out of order': [
    ruleset([port(80)], { allowFrom: ['11.0.0.0/8', '10.0.0.0/8'] }),
    'ruleset.allowFrom[1]',
  ],
  'prefixes that overlap': [
    ruleset([port(80)], { allowFrom: ['10.0.0.0/8', '10.1.0.0/16'] }),
    'ruleset.allowFrom[1]',
  ],
};

export function describeFirewallContract(name: string, createHost: () => Promise<Host>): void {
  for (const ownership of ['auto', 'plain'] as const) {
    describe(`${name}, ownership ${ownership}`, () => {
      const held = (wanted: Ruleset): Inspection => ({
        table: 'ours',
        ownership: ownership === 'auto' ? 'owned' : 'plain',
        holder: ownership === 'auto' ? 'us' : 'nobody',
        ruleset: wanted,
        difference: null,
        refused: wanted.ports.map(() => 0),
      });
      const withHost = async (body: (host: Host, firewall: ContractFirewall) => Promise<void>) => {
        const host = await createHost();
        try {
          await body(host, await host.open({ ownership }));
        } finally {
          await host.close();
        }
      };

      it('holds what was applied, and inspect gives it back', () =>
        withHost(async (_, firewall) => {
          assert.deepEqual(await firewall.inspect(), { table: 'absent' });
          for (const [what, wanted] of Object.entries(rulesets)) {
            assert.deepEqual(await firewall.apply(wanted), held(wanted), `applied: ${what}`);
            assert.deepEqual(await firewall.inspect(), held(wanted), `inspected: ${what}`);
          }
        }));

      it('applies the same again, and again after a removal', () =>
        withHost(async (_, firewall) => {
          const wanted = rulesets['ports and ranges']!;
          for (let i = 0; i < 3; i++) assert.deepEqual(await firewall.apply(wanted), held(wanted));
          await firewall.remove();
          assert.deepEqual(await firewall.inspect(), { table: 'absent' });
          assert.deepEqual(await firewall.apply(wanted), held(wanted));
        }));

      it('removes a table, and an absent one is success', () =>
        withHost(async (_, firewall) => {
          await firewall.remove();
          await firewall.apply(rulesets['one port']!);
          await firewall.remove();
          await firewall.remove();
          assert.deepEqual(await firewall.inspect(), { table: 'absent' });
        }));

      it('refuses a malformed ruleset by the name of its field and changes nothing', () =>
        withHost(async (_, firewall) => {
          const before = await firewall.apply(rulesets['one port']!);
          for (const [what, [bad, field]] of Object.entries(badRulesets)) {
            await assert.rejects(firewall.apply(bad), (error: Error) => {
              assert.ok(isFailure(error, 'bad-argument', 'apply'), `${what}: ${error}`);
              assert.ok(error.message.startsWith(`apply: ${field} must `), `${what}: ${error.message}`);
              return true;
            });
          }
          assert.deepEqual(await firewall.inspect(), before);
        }));

      for (const comment of [null, 'somebody else', 'cs-instance-watcher']) {
        it(`leaves a foreign table alone whose comment is ${comment}`, () =>
          withHost(async (host, firewall) => {
            await host.addForeignTable(comment);
            const isForeign = (operation: string) => (error: Error) =>
              isFailure(error, 'foreign-table', operation);
            await assert.rejects(firewall.apply(rulesets['one port']!), isForeign('apply'));
            await assert.rejects(firewall.remove(), isForeign('remove'));
            assert.deepEqual(await firewall.inspect(), { table: 'foreign', comment });
          }));
      }

      it('answers calls made at once in their order', () =>
        withHost(async (_, firewall) => {
          const [first, second] = [rulesets['one port']!, rulesets['every port']!];
          const answers = await Promise.all([
            firewall.apply(first),
            firewall.inspect(),
            firewall.apply(second),
            firewall.remove(),
            firewall.inspect(),
          ]);
          assert.deepEqual(answers, [held(first), held(first), held(second), undefined, { table: 'absent' }]);
        }));

      it('refuses every call after close, and leaves the table', () =>
        withHost(async (host, firewall) => {
          const wanted = rulesets['ports and ranges']!;
          await firewall.apply(wanted);
          firewall.close();
          firewall.close();
          for (const operation of ['apply', 'remove', 'inspect', 'probe'] as const) {
            const call = operation === 'apply' ? firewall.apply(wanted) : firewall[operation]();
            await assert.rejects(call, (error: Error) => isFailure(error, 'closed', operation), operation);
          }
          const next = await host.open({ ownership });
          assert.deepEqual(await next.inspect(), { ...held(wanted), holder: 'nobody' });
          assert.deepEqual(await next.apply(wanted), held(wanted));
        }));

      it('reports the changes of others to our table, not our own', () =>
        withHost(async (host, firewall) => {
          const events: RulesetEvent[] = [];
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          const monitor = firewall.monitor((event) => {
            events.push(event);
            resolve();
          }, reject);
          await firewall.apply(rulesets['one port']!);
          await firewall.remove();
          await host.addForeignTable('noise');
          await promise;
          assert.equal(events.length, 1);
          assert.equal(events[0]!.kind, 'changed');
          assert.equal(typeof events[0]!.pid, 'number');
          assert.equal(typeof events[0]!.command, 'string');
          monitor.close();
        }));

      it('survives the flush of another when owned', () =>
        withHost(async (host, firewall) => {
          const wanted = rulesets['one port']!;
          await firewall.apply(wanted);
          await host.flushRuleset();
          assert.deepEqual(
            await firewall.inspect(),
            ownership === 'auto' ? held(wanted) : { table: 'absent' },
          );
        }));

      it('probes the kernel', () =>
        withHost(async (_, firewall) => {
          const { kernelRelease, ...features } = await firewall.probe();
          assert.notEqual(kernelRelease, '');
          assert.deepEqual(features, {
            ownerPersist: true,
            destroyTable: true,
            elementCounters: true,
            tableComments: true,
          });
        }));
    });
  }

  describe(`${name}, two writers`, () => {
    it('refuses to touch a table that another live process owns', async () => {
      const host = await createHost();
      try {
        const [owner, other] = [
          await host.open({ ownership: 'auto' }),
          await host.open({ ownership: 'plain' }),
        ];
        const before = await owner.apply(rulesets['one port']!);
        const isHeld = (operation: string) => (error: Error) => isFailure(error, 'table-held', operation);
        await assert.rejects(other.apply(rulesets['every port']!), isHeld('apply'));
        await assert.rejects(other.remove(), isHeld('remove'));
        assert.deepEqual(await other.inspect(), { ...before, holder: 'other' });
        assert.deepEqual(await owner.inspect(), before);
      } finally {
        await host.close();
      }
    });
  });
}

function isFailure(error: Error, code: FirewallErrorCode, operation: string): boolean {
  assert.ok(error instanceof FirewallError, `expected a FirewallError: ${error}`);
  assert.deepEqual([error.code, error.operation], [code, operation], error.message);
  return true;
}
