// When the connection tracker cannot be read the count is unknown; when there is none, it is known.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../../src/firewall/binding.ts';
import { Peer } from './peer.ts';

const BINDING = fileURLToPath(new URL('../../../src/firewall/binding.ts', import.meta.url));
const DROP_NET_ADMIN = ['setpriv', '--inh-caps', '-net_admin', '--bounding-set', '-net_admin'];
// An empty /sys/module is what a kernel whose nf_conntrack was never loaded shows.
const HIDE_MODULES = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /sys/module && exec "$@"', 'sh'];

describe('what cannot be known', () => {
  let host: Peer;

  before(async () => {
    host = await Peer.start();
    await host.call('listen', 8080, '127.0.0.1');
    await host.call('connect', 8080, '127.0.0.1', 1);
  });
  after(() => host?.close());

  /** Calls the addon in another process of the namespace. */
  async function ask(
    wrapper: readonly string[],
    call: 'connections' | 'destroy',
  ): Promise<Record<string, unknown>> {
    const program = `
      const { loadAddon } = await import(${JSON.stringify(BINDING)});
      const print = ({ perRange, ...value }) =>
        console.log(JSON.stringify({ message: value.message, ...value, perRange: perRange && [...perRange] }));
      await loadAddon().${call}(Float64Array.of(8080, 8080), true).then(print, print);`;
    const [command, ...args] = [...wrapper, process.execPath, '--input-type=module', '--eval', program];
    return JSON.parse(await host.run(command!, args)) as Record<string, unknown>;
  }

  test('without CAP_NET_ADMIN the count is unknown, with the reason', async () => {
    const count = await ask(DROP_NET_ADMIN, 'connections');
    assert.equal(count.known, false);
    assert.match(String(count.reason), /CAP_NET_ADMIN.*Operation not permitted/);
  });

  test('without CAP_NET_ADMIN destroy fails by name', async () => {
    const failure = await ask(DROP_NET_ADMIN, 'destroy');
    assert.equal(failure.code, 'no-permission');
    assert.equal(failure.operation, 'destroy');
    assert.equal(failure.errno, 1);
  });

  test('without a tracker in the kernel the count is known, privileged or not', async () => {
    const expected = { known: true, perRange: [1], total: 1, idle: 0 };
    assert.deepEqual(await ask(HIDE_MODULES, 'connections'), expected);
    assert.deepEqual(await ask([...HIDE_MODULES, ...DROP_NET_ADMIN], 'connections'), expected);
  });

  test('in a namespace that tracks nothing the count is known', async () => {
    assert.deepEqual(await ask([], 'connections'), { known: true, perRange: [1], total: 1, idle: 0 });
  });

  test('more ranges than a table may have are refused, not cut', () => {
    const bounds = Float64Array.from({ length: 2 * 4097 }, (_, i) => i - (i % 2) + 1);
    for (const call of ['connections', 'destroy'] as const) {
      assert.throws(() => loadAddon()[call](bounds, true), { code: 'bad-argument', operation: call });
    }
  });
});
