// The local socket, both ends: who may ask, what is told when the store fails, and what a killed server leaves behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createAdminClient } from '../../../../../src/interaction/server/admin/client.ts';
import { startAdminListener } from '../../../../../src/interaction/server/admin/listener.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { StoreError } from '../../../../../src/interaction/server/store/store.ts';
import { openMemoryServer } from './memory-server.ts';

const web = parseFleetInstance({ id: 'i-0ab', name: 'web' });

async function socketFor(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-admin-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'admin.sock');
}

const deployment = { group: 'test' };

async function listenOn(path: string, test: TestContext) {
  const { store } = (await openMemoryServer(test)).services;
  return startAdminListener(path, { store, deployment }, assert.ifError);
}

/** The file of a socket whose server was killed: it is there, and refuses. */
async function leaveSocket(path: string): Promise<void> {
  const left = createServer();
  await new Promise<void>((resolve) => left.listen(path, resolve));
  await rename(path, `${path}.left`);
  await new Promise((resolve) => left.close(resolve));
  await rename(`${path}.left`, path);
}

describe('the admin socket', () => {
  for (const [before, prepare] of [
    ['nothing is', async () => {}],
    ["a killed server's is", leaveSocket],
  ] as const) {
    it(`is waited for where ${before} there yet`, async (test) => {
      const path = await socketFor(test);
      await prepare(path);
      const { store } = (await openMemoryServer(test)).services;
      // Asks for a connection before this goes on.
      const asked = createAdminClient(path).instances();
      const opening = Promise.withResolvers<typeof store>();
      const options = { store: opening.promise, deployment };
      const listener = await startAdminListener(path, options, assert.ifError);
      test.after(() => listener.close());
      opening.resolve(store);
      assert.deepEqual(await asked, []);
    });
  }

  it('lets its owner do all there is to do', async (test) => {
    const path = await socketFor(test);
    const listener = await listenOn(path, test);
    test.after(() => listener.close());
    const client = createAdminClient(path);
    assert.deepEqual(await client.put({ id: 'i-0ab', name: 'web' }, false), web);
    await assert.rejects(client.put({ id: 'i-0ab' }, false), {
      name: 'AdminRefusedError',
      message: /^i-0ab is already known: replace it with --replace, or change .*cs-interact state change"$/,
    });
    assert.equal((await client.setState('i-0ab', { state: 'draining' })).scalingState, 'draining');
    const odd = { ...web, scalingState: '../../x' };
    assert.deepEqual(await client.setState('i-0ab', { state: '../../x', unlisted: true }), odd);
    assert.deepEqual(await client.instances(), [odd]);
    assert.equal((await client.change('i-0ab', { status: 'ok' })).status, 'ok');
    assert.deepEqual((await client.put({ id: 'i-0ab', subfleet: 'blue' }, true)).tags, {
      'clonesquad:subfleet-name': 'blue',
    });
    assert.equal((await client.instance('i-0ab')).name, null, 'a replaced instance keeps nothing');
    await client.remove('i-0ab');
    assert.deepEqual(await client.instances(), []);

    const event = await client.addEvent({ EventType: 'x', ExpirationTime: 4_000_000_000 });
    assert.deepEqual(await client.events(), [event]);
    assert.deepEqual(await client.removeEvent(event.EventDate), event);

    const metric = { MetricName: 'a&b', Unit: 'Count', StorageResolution: 60, Dimensions: [] };
    assert.deepEqual(await client.setMetrics('sent', [metric]), [metric]);
    assert.deepEqual(await client.addMetric('sent', { ...metric, MetricName: 'c' }), [
      { ...metric, MetricName: 'c' },
    ]);
    assert.deepEqual(await client.removeMetrics('sent', 'a&b'), { removed: 1 });
    assert.equal((await client.metrics('sent')).length, 1);
    assert.deepEqual(await client.removeMetrics('sent', null), { removed: 1 });
    assert.deepEqual(await client.metrics('cached'), []);

    assert.deepEqual(
      await client.putCatalogue({ 'é&?': { Value: '1' }, b: { Value: '2' } }),
      await client.catalogue(),
    );
    assert.deepEqual(Object.keys(await client.removeCatalogueKeys(['é&?'])), ['é&?']);

    assert.deepEqual(await client.import({ configuration: { a: '1' } }), { configuration: 1 });
    assert.deepEqual(JSON.parse(await client.export()).configuration, [{ key: 'a', value: '1' }]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('tells the operator when the change could not be stored', async (test) => {
    const path = await socketFor(test);
    const faults: unknown[] = [];
    const { services } = await openMemoryServer(test);
    const fault = new StoreError('no space left');
    const failing = { ...services.store.inventory, writeIf: () => Promise.reject(fault) };
    const store = { ...services.store, inventory: failing };
    const listener = await startAdminListener(
      path,
      { store, deployment },
      (error) => void faults.push(error),
    );
    test.after(() => listener.close());
    await assert.rejects(createAdminClient(path).put({ id: 'i-0ab' }, false), {
      name: 'AdminRefusedError',
      message: 'the change may not be stored: no space left',
    });
    assert.deepEqual(faults, [fault]);
  });

  it('is not taken from a server that answers', async (test) => {
    const path = await socketFor(test);
    const listener = await listenOn(path, test);
    test.after(() => listener.close());
    await assert.rejects(listenOn(path, test), {
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
    const listener = await listenOn(path, test);
    test.after(() => listener.close());
    assert.deepEqual(await createAdminClient(path).instances(), []);
  });

  it('never replaces a file that is no socket', async (test) => {
    const path = await socketFor(test);
    await writeFile(path, 'mine');
    await assert.rejects(listenOn(path, test), {
      name: 'SocketPathError',
    });
    assert.ok((await stat(path)).isFile());
  });

  it('is refused at a path that would be cut short', async (test) => {
    const path = `${await socketFor(test)}${'x'.repeat(100)}`;
    await assert.rejects(listenOn(path, test), {
      name: 'SocketPathError',
    });
  });

  it('closes while a client has sent half a request', { timeout: 30_000 }, async (test) => {
    const path = await socketFor(test);
    const listener = await listenOn(path, test);
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
