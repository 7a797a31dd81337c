// The notification protocol against real datagram sockets, which perl (in every Debian) has and Node has not.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { notify } from '../../../src/firewall/service-manager.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'cs-notify-'));
after(() => rmSync(directory, { recursive: true }));

// Binds, says so, and with "read" prints one datagram in hexadecimal.
const RECEIVER = `
  use Socket; $| = 1;
  my ($address, $mode) = @ARGV;
  $address =~ s/^@/\\0/;
  socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
  bind($s, pack_sockaddr_un($address)) or die "bind: $!";
  print "bound\\n";
  sleep 600 if $mode ne "read";
  defined recv($s, my $datagram, 65536, 0) or die "recv: $!";
  print unpack("H*", $datagram), "\\n";`;

async function startReceiver(
  address: string,
  mode: 'read' | 'hold',
): Promise<{ child: ChildProcess; line(): Promise<string> }> {
  const child = spawn('perl', ['-e', RECEIVER, address, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value as string;
  assert.equal(await line(), 'bound');
  return { child, line };
}

describe('notify', () => {
  for (const [form, address] of [
    ['a path', path.join(directory, 'notify')],
    ['an abstract name', `@cs-notify-${process.pid}`],
    ['the longest path', path.join(directory, 'x'.repeat(107 - directory.length - 1))],
  ] as const) {
    test(`sends one datagram to ${form}`, async () => {
      const { child, line } = await startReceiver(address, 'read');
      try {
        const text = 'READY=1\nSTATUS=waiting for the API – 50% done';
        assert.equal(notify(address, text), true);
        assert.equal(Buffer.from(await line(), 'hex').toString(), text);
      } finally {
        child.kill();
      }
    });
  }

  test('without a service manager does nothing and says so', () => {
    assert.equal(notify(undefined, 'READY=1'), false);
    assert.equal(notify('', 'READY=1'), false);
  });

  test('does not wait for a receiver that does not read', async () => {
    const address = path.join(directory, 'full');
    const { child } = await startReceiver(address, 'hold');
    try {
      const fill = () => {
        for (let i = 0; i < 10_000; i++) notify(address, 'WATCHDOG=1');
      };
      assert.throws(fill, {
        name: 'FirewallError',
        code: 'kernel',
        operation: 'notify',
        errno: constants.errno.EAGAIN,
      });
    } finally {
      child.kill();
    }
  });

  for (const { name, address, errno } of [
    { name: 'nobody listens', address: path.join(directory, 'nobody'), errno: constants.errno.ENOENT },
    { name: 'a relative path', address: 'run/notify', errno: constants.errno.EAFNOSUPPORT },
    { name: 'an address of another family', address: 'vsock:2:1234', errno: constants.errno.EAFNOSUPPORT },
    { name: 'an empty abstract name', address: '@', errno: constants.errno.EAFNOSUPPORT },
    { name: 'a path that is too long', address: `/${'x'.repeat(107)}`, errno: constants.errno.ENAMETOOLONG },
  ]) {
    test(`${name}: an error with its errno`, () => {
      assert.throws(() => notify(address, 'READY=1'), { name: 'FirewallError', operation: 'notify', errno });
    });
  }
});
