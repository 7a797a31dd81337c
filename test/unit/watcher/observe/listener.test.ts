import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import { it } from 'node:test';
import { keepListening } from '../../../../src/watcher/observe/listener.ts';

/** A server on a kernel that knows no IPv6. */
class WithoutIpv6 extends EventEmitter {
  readonly hosts: string[] = [];
  listening = false;

  listen({ host }: { host: string }): void {
    this.hosts.push(host);
    this.listening = !host.includes(':');
    if (this.listening) this.emit('listening');
    else this.emit('error', Object.assign(new Error('no IPv6'), { code: 'EAFNOSUPPORT' }));
  }

  close(done: () => void): void {
    done();
  }
}

for (const [host, asked, troubles] of [
  ['::', ['::', '0.0.0.0'], []],
  ['::1', ['::1'], ['[::1]:9080: no IPv6']],
] as const) {
  it(`listens at ${host} without IPv6 ${troubles.length === 0 ? 'on every IPv4 address' : 'not at all'}`, async () => {
    const server = new WithoutIpv6();
    const told: (string | null)[] = [];
    const listener = keepListening(server as unknown as Server, { host, port: 9080 }, (problem) =>
      told.push(problem),
    );
    await listener.close();
    assert.deepEqual([server.hosts, told], [asked, troubles]);
  });
}

it('tells of a connection that could not be accepted until one is, and goes on listening', async () => {
  const server = new WithoutIpv6();
  const told: (string | null)[] = [];
  const listener = keepListening(server as unknown as Server, { host: '127.0.0.1', port: 9080 }, (problem) =>
    told.push(problem),
  );
  server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  server.emit('connection', Object.assign(new EventEmitter(), { destroy: () => {} }));
  await listener.close();
  assert.deepEqual([server.hosts, told], [['127.0.0.1'], ['127.0.0.1:9080: accept EMFILE', null]]);
});
