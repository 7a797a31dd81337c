// Which addresses only this host can send to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isLoopback,
  isWildcard,
  parseListenAddress,
} from '../../../../src/commands/interact/listen-address.ts';

test('loopback is 127.0.0.0/8 and ::1, and nothing else', () => {
  for (const address of ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(address), address);
  for (const address of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::2', 'fe80::1', '::ffff:10.0.0.1'])
    assert.ok(!isLoopback(address), address);
});

test('wildcards stand for every address', () => {
  assert.deepEqual(['0.0.0.0', '::', '127.0.0.1', '::1'].map(isWildcard), [true, true, false, false]);
});

test('an address has a host and a port', () => {
  assert.deepEqual(parseListenAddress('[::1]:80'), { host: '::1', port: 80 });
  assert.deepEqual(parseListenAddress('localhost:0'), { host: 'localhost', port: 0 });
  for (const text of ['80', '::1:80', '[::1]', 'a:65536', 'a:', ':80'])
    assert.throws(() => parseListenAddress(text), { code: 'commander.invalidArgument' }, text);
});
