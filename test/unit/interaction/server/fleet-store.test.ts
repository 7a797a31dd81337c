// The fleet in memory and in its file: what readers see when, and what survives.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openFleetFile } from '../../../../src/interaction/server/fleet-file.ts';
import {
  createMemoryFleetStore,
  type FleetInstance,
} from '../../../../src/interaction/server/fleet-store.ts';
import { parseFleetInstance } from '../../../../src/interaction/server/parse-fleet-instance.ts';

const web = parseFleetInstance({ id: 'i-0ab', name: 'web', tags: { Name: 'web' } });
const db = parseFleetInstance({ id: 'i-0cd', subfleet: 'blue', targetGroups: 2, spot: true });

async function directoryFor(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-fleet-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('parseFleetInstance', () => {
  it('needs the id only', () => {
    assert.deepEqual(parseFleetInstance({ id: 'i-0ab' }), {
      id: 'i-0ab',
      name: null,
      type: 'unknown',
      az: 'unknown',
      state: 'running',
      status: 'unknown',
      subfleet: null,
      spot: false,
      tags: {},
      targetGroups: 0,
    });
  });

  const refused: [unknown, string][] = [
    [null, 'expected an object'],
    [{}, 'id: expected an id such as i-0ab12'],
    [{ id: '../x' }, 'id: expected an id such as i-0ab12'],
    [{ id: 'i-0ab', State: 'running' }, 'State: no such field'],
    [{ id: 'i-0ab', name: 5 }, 'name: expected a string'],
    [{ id: 'i-0ab', state: 5 }, 'state: expected a string'],
    [{ id: 'i-0ab', spot: 'yes' }, 'spot: expected true or false'],
    [{ id: 'i-0ab', tags: [] }, 'tags: expected an object'],
    [{ id: 'i-0ab', tags: { a: 1 } }, 'tags.a: expected a string'],
    [{ id: 'i-0ab', targetGroups: -1 }, 'targetGroups: expected a count'],
    [{ id: 'i-0ab', targetGroups: '1' }, 'targetGroups: expected a count'],
  ];
  for (const [value, message] of refused) {
    it(`refuses: ${message}`, () => assert.throws(() => parseFleetInstance(value), { message }));
  }
});

describe('the store in memory', () => {
  it('puts, changes and forgets', async () => {
    const store = createMemoryFleetStore([web]);
    await store.put(db);
    assert.deepEqual(await store.instances(), [web, db]);
    assert.deepEqual(await store.setState('i-0ab', 'draining'), { ...web, state: 'draining' });
    assert.deepEqual(await store.instance('i-0ab'), { ...web, state: 'draining' });
    assert.equal(await store.setState('i-0ff', 'draining'), null);
    assert.equal(await store.add({ ...web, state: 'error' }), false);
    assert.equal((await store.instance('i-0ab'))?.state, 'draining');
    assert.deepEqual(await store.remove('i-0cd'), db);
    assert.equal(await store.remove('i-0cd'), null);
    assert.equal(await store.add(db), true);
    await store.remove('i-0cd');
    assert.equal(await store.instance('i-0cd'), null);
  });

  it('shows a change to readers only once it is persisted, and never one that failed', async () => {
    const persisting = Promise.withResolvers<void>();
    let shouldFail = false;
    const store = createMemoryFleetStore([web], async () => {
      await persisting.promise;
      if (shouldFail) throw new Error('no space left');
    });
    const change = store.setState('i-0ab', 'draining');
    assert.equal((await store.instance('i-0ab'))?.state, 'running');
    persisting.resolve();
    await change;
    assert.equal((await store.instance('i-0ab'))?.state, 'draining');
    shouldFail = true;
    await assert.rejects(store.setState('i-0ab', 'running'), /no space left/);
    assert.equal((await store.instance('i-0ab'))?.state, 'draining');
    shouldFail = false;
    await store.setState('i-0ab', 'bounced');
    assert.equal(
      (await store.instance('i-0ab'))?.state,
      'bounced',
      'a failed change does not stop later ones',
    );
  });

  it('persists changes one after the other, none lost', async () => {
    const persisted: number[] = [];
    const store = createMemoryFleetStore([], async (instances) => void persisted.push(instances.length));
    const ids = Array.from({ length: 50 }, (_, index) => `i-${index}`);
    await Promise.all(ids.map((id) => store.put({ ...web, id })));
    assert.deepEqual(
      persisted,
      ids.map((_, index) => index + 1),
    );
  });
});

describe('the fleet file', () => {
  it('keeps the fleet, readable by its owner only', async (test) => {
    const path = join(await directoryFor(test), 'fleet.json');
    const first = await openFleetFile(path, 'test');
    await first.store.put(web);
    await first.store.put(db);
    await first.store.setState('i-0ab', 'draining');
    await first.close();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const second = await openFleetFile(path, 'test');
    test.after(() => second.close());
    assert.deepEqual(await second.store.instances(), [{ ...web, state: 'draining' }, db]);
  });

  it('is refused to a second server, and given to the next one', async (test) => {
    const path = join(await directoryFor(test), 'fleet.json');
    const first = await openFleetFile(path, 'test');
    await assert.rejects(openFleetFile(path, 'test'), { name: 'SocketInUseError' });
    await first.close();
    await (await openFleetFile(path, 'test')).close();
  });

  const refused: [string, string, RegExp][] = [
    ['half a file', '{"version":1,', /is not JSON$/],
    ['another file', '[]', /is not a fleet file of version 1$/],
    ['a later version', '{"version":2,"group":"test","instances":[]}', /is not a fleet file of version 1$/],
    ["another group's", '{"version":1,"group":"other","instances":[]}', /holds group "other", not "test"$/],
    [
      'a wrong instance',
      '{"version":1,"group":"test","instances":[{"id":7}]}',
      /instance 1: id: expected an id/,
    ],
  ];
  for (const [name, text, message] of refused) {
    it(`refuses ${name} and leaves it as it is`, async (test) => {
      const path = join(await directoryFor(test), 'fleet.json');
      await writeFile(path, text);
      await assert.rejects(openFleetFile(path, 'test'), { name: 'FleetFileError', message });
      assert.equal(await readFile(path, 'utf8'), text);
      // The lock is free again.
      await assert.rejects(openFleetFile(path, 'test'), { name: 'FleetFileError' });
    });
  }

  it('changes nothing when it cannot be written', async (test) => {
    const directory = await directoryFor(test);
    const path = join(directory, 'fleet.json');
    const file = await openFleetFile(path, 'test');
    test.after(() => file.close());
    await file.store.put(web);
    // A directory in the place of the new content fails for root too.
    await mkdir(`${path}.new`);
    await assert.rejects(file.store.setState('i-0ab', 'draining'), { code: 'EISDIR' });
    assert.equal((await file.store.instance('i-0ab'))?.state, 'running');
    await rm(`${path}.new`, { recursive: true });
    await file.store.setState('i-0ab', 'bounced');
    const { instances } = JSON.parse(await readFile(path, 'utf8')) as { instances: FleetInstance[] };
    assert.equal(instances[0]?.state, 'bounced');
  });

  it('holds every acknowledged change after a kill', { timeout: 30_000 }, async (test) => {
    const directory = await directoryFor(test);
    const path = join(directory, 'fleet.json');
    const module = new URL('../../../../src/interaction/server/fleet-file.ts', import.meta.url).href;
    const script = `
      const { openFleetFile } = await import(${JSON.stringify(module)});
      const { store } = await openFleetFile(${JSON.stringify(path)}, 'test');
      for (let i = 0; ; i++) {
        await store.put({ ...${JSON.stringify(web)}, id: 'i-' + i });
        process.stdout.write(i + '\\n');
      }`;
    const writer = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(writer, 'close');
    let acknowledged = -1;
    for await (const chunk of writer.stdout) {
      const lines = String(chunk).trimEnd().split('\n');
      acknowledged = Number(lines.at(-1));
      if (acknowledged >= 20) writer.kill('SIGKILL');
    }
    await closed;
    const file = await openFleetFile(path, 'test');
    test.after(() => file.close());
    const stored = (await file.store.instances()).length;
    assert.ok(stored >= acknowledged + 1, `${acknowledged + 1} acknowledged, ${stored} stored`);
  });
});
