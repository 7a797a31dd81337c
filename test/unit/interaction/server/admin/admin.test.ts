// The local socket, both ends: what operators may ask, who may ask, and what a killed server leaves behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createAdminClient } from '../../../../../src/interaction/server/admin/client.ts';
import { startAdminListener } from '../../../../../src/interaction/server/admin/listener.ts';
import { performAdminRequest } from '../../../../../src/interaction/server/admin/requests.ts';
import { createMemoryFleetStore } from '../../../../../src/interaction/server/fleet-store.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/parse-fleet-instance.ts';

const web = parseFleetInstance({ id: 'i-0ab', name: 'web' });

async function socketFor(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-admin-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'admin.sock');
}

describe('performAdminRequest', () => {
  const states = 'pending, running, stopping, stopped, draining, bounced, error, excluded';
  const refused: [string, string, unknown, number, string][] = [
    ['GET', '/', undefined, 404, '/: no such path'],
    ['GET', '/instances/i-0ab/tags', undefined, 404, '/instances/i-0ab/tags: no such path'],
    ['GET', '/instances/i-0ab/state/x', undefined, 404, '/instances/i-0ab/state/x: no such path'],
    ['PATCH', '/instances/i-0ab', undefined, 405, 'PATCH /instances/i-0ab: no such request'],
    ['GET', '/instances/i-0ff', undefined, 404, 'i-0ff is not known'],
    ['DELETE', '/instances/i-0ff', undefined, 404, 'i-0ff is not known'],
    ['PUT', '/instances/i-0ff/state', { state: 'draining' }, 404, 'i-0ff is not known'],
    ['PUT', '/instances/i-0ab/state', { state: 'drainin' }, 400, `state: expected one of ${states}`],
    ['PUT', '/instances/i-0ab/state', { state: 5 }, 400, 'state: expected a string'],
    ['PUT', '/instances/i-0ab/state', null, 400, 'state: expected a string'],
    ['PUT', '/instances/i-0ab/state', undefined, 400, 'the body is not JSON'],
    [
      'PUT',
      '/instances/i-0ab/state',
      { state: 'x'.repeat(1025), unlisted: true },
      400,
      'state: longer than 1024 bytes',
    ],
    ['POST', '/instances', web, 409, 'i-0ab is already known'],
    ['POST', '/instances', { id: 'i-0cd', state: 'x' }, 400, `state: expected one of ${states}`],
    ['POST', '/instances', { id: 'x' }, 400, 'id: expected an id such as i-0ab12'],
    ['PUT', '/instances/i-0ab', { spot: 1 }, 400, 'spot: expected true or false'],
  ];
  for (const [method, path, body, status, message] of refused) {
    it(`refuses ${method} ${path}: ${message.slice(0, 40)}`, async () => {
      const store = createMemoryFleetStore([web]);
      const text = body === undefined ? '' : JSON.stringify(body);
      const answer = await performAdminRequest(store, { method, path, body: Buffer.from(text) });
      assert.deepEqual(answer, { status, body: { message } });
      assert.deepEqual(await store.instances(), [web], 'nothing changed');
    });
  }
});

describe('the admin socket', () => {
  it('lets its owner do all there is to do', async (test) => {
    const path = await socketFor(test);
    const listener = await startAdminListener(path, createMemoryFleetStore(), assert.ifError);
    test.after(() => listener.close());
    const client = createAdminClient(path);
    const added = await client.put({ id: 'i-0ab', name: 'web' }, false);
    assert.deepEqual(added, web);
    await assert.rejects(client.put({ id: 'i-0ab' }, false), {
      name: 'AdminRefusedError',
      message: 'i-0ab is already known',
    });
    assert.equal((await client.setState('i-0ab', 'draining', false)).state, 'draining');
    assert.equal((await client.setState('i-0ab', '../../x', true)).state, '../../x');
    assert.deepEqual(await client.instances(), [{ ...web, state: '../../x' }]);
    assert.equal((await client.put({ id: 'i-0ab', subfleet: 'blue' }, true)).subfleet, 'blue');
    assert.equal((await client.instance('i-0ab')).name, null, 'a replaced instance keeps nothing');
    await client.remove('i-0ab');
    assert.deepEqual(await client.instances(), []);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('tells the operator when the change could not be stored', async (test) => {
    const path = await socketFor(test);
    const faults: unknown[] = [];
    const fault = new Error('no space left');
    const store = createMemoryFleetStore([], () => Promise.reject(fault));
    const listener = await startAdminListener(path, store, (error) => void faults.push(error));
    test.after(() => listener.close());
    await assert.rejects(createAdminClient(path).put({ id: 'i-0ab' }, false), {
      message: 'the change was not stored: no space left',
    });
    assert.deepEqual(faults, [fault]);
  });

  it('is not taken from a server that answers', async (test) => {
    const path = await socketFor(test);
    const listener = await startAdminListener(path, createMemoryFleetStore(), assert.ifError);
    test.after(() => listener.close());
    await assert.rejects(startAdminListener(path, createMemoryFleetStore(), assert.ifError), {
      name: 'SocketInUseError',
    });
    assert.deepEqual(await createAdminClient(path).instances(), []);
  });

  it('is taken over from a server that was killed', { timeout: 30_000 }, async (test) => {
    const path = await socketFor(test);
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const killed = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(killed.stdout, 'data');
    killed.kill('SIGKILL');
    await once(killed, 'close');
    assert.ok((await stat(path)).isSocket(), 'the killed server left its socket');
    const listener = await startAdminListener(path, createMemoryFleetStore(), assert.ifError);
    test.after(() => listener.close());
    assert.deepEqual(await createAdminClient(path).instances(), []);
  });

  it('never replaces a file that is no socket', async (test) => {
    const path = await socketFor(test);
    await writeFile(path, 'mine');
    await assert.rejects(startAdminListener(path, createMemoryFleetStore(), assert.ifError), {
      name: 'SocketPathError',
    });
    assert.ok((await stat(path)).isFile());
  });

  it('is refused at a path that would be cut short', async (test) => {
    const path = `${await socketFor(test)}${'x'.repeat(100)}`;
    await assert.rejects(startAdminListener(path, createMemoryFleetStore(), assert.ifError), {
      name: 'SocketPathError',
    });
  });

  it('closes while a client has sent half a request', { timeout: 30_000 }, async (test) => {
    const path = await socketFor(test);
    const listener = await startAdminListener(path, createMemoryFleetStore(), assert.ifError);
    const client = connect(path);
    await once(client, 'connect');
    const ended = once(client, 'close');
    client.write('GET /inst');
    // An answered request shows that the server has seen what was sent before it.
    await createAdminClient(path).instances();
    await listener.close();
    await ended;
  });

  it('is named when nobody answers, or something else does', async (test) => {
    const path = await socketFor(test);
    await assert.rejects(createAdminClient(path).instances(), {
      name: 'AdminUnreachableError',
      code: 'ENOENT',
    });
    const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    other.listen(path);
    await once(other, 'listening');
    test.after(() => other.close());
    await assert.rejects(createAdminClient(path).instances(), {
      name: 'AdminUnreachableError',
      code: 'EPROTO',
    });
  });
});
