// Changes of the key file: whole, one after the other, and only to what a server accepts.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { changeKeyFile, readKeyFile } from '../../../../../src/interaction/server/keys/change-key-file.ts';
import { openKeyFile } from '../../../../../src/interaction/server/keys/key-file.ts';
import { createKey } from '../../../../../src/interaction/server/keys/new-key.ts';

const bob = { kind: 'user', name: 'bob' } as const;
const accountId = '111111111111';

async function directoryFor(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-keys-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function addKey(path: string, onWarning: (line: string) => void = assert.fail): Promise<void> {
  const key = { ...createKey({ holder: bob, accountId, allow: ['*'] }) };
  return changeKeyFile(path, (document) => ({ ...document, keys: [...document.keys, key] }), onWarning);
}

describe('createKey', () => {
  it('makes ids and secrets of the form of AWS, new each time', () => {
    const made = Array.from({ length: 100 }, () => createKey({ holder: bob, accountId }));
    for (const { accessKeyId, secretAccessKey } of made) {
      assert.match(accessKeyId, /^AKIA[A-Z2-7]{16}$/);
      assert.match(secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
    }
    assert.equal(new Set(made.flatMap((key) => [key.accessKeyId, key.secretAccessKey])).size, 200);
  });

  it('is for an instance, or for a user', () => {
    const instance = createKey({ holder: { kind: 'instance', instanceId: 'i-0ab' }, accountId });
    assert.match(instance.caller, /^AROA[A-Z2-7]{17}$/);
    assert.equal(instance.instanceId, 'i-0ab');
    assert.equal(instance.userArn, 'arn:aws:sts::111111111111:assumed-role/cs-instance-watcher/i-0ab');
    const expiresAtMs = Date.UTC(2030, 0, 1);
    const user = createKey({ holder: bob, accountId, allow: ['GET/*'], deny: ['*/scheduler'], expiresAtMs });
    assert.match(user.caller, /^AIDA[A-Z2-7]{17}$/);
    const { userArn, allow, deny, expiresAt } = user;
    assert.deepEqual(
      { userArn, allow, deny, expiresAt },
      {
        ...{ userArn: 'arn:aws:iam::111111111111:user/bob', allow: ['GET/*'], deny: ['*/scheduler'] },
        expiresAt: '2030-01-01T00:00:00.000Z',
      },
    );
  });
});

describe('changeKeyFile', () => {
  it('makes a file for its owner alone, which a server accepts', async (test) => {
    const path = join(await directoryFor(test), 'keys.json');
    assert.equal(await readKeyFile(path), null);
    await addKey(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(openKeyFile(path, assert.fail).keys().length, 1);
  });

  it('loses none of many changes at once, and a reader sees whole files only', async (test) => {
    const directory = await directoryFor(test);
    const path = join(directory, 'keys.json');
    await addKey(path);
    const server = openKeyFile(path, assert.fail);
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        await addKey(path);
        server.keys();
      }),
    );
    assert.equal(server.keys().length, 31);
    assert.deepEqual(await readdir(directory), ['keys.json']);
  });

  it('leaves the rest of the file, its mode and the link to it as they were', async (test) => {
    const directory = await directoryFor(test);
    const [path, link] = [join(directory, 'keys.json'), join(directory, 'link.json')];
    await writeFile(path, '{"queueSenders": ["arn:*"], "keys": []}');
    await chmod(path, 0o640);
    await symlink(path, link);
    const warned: string[] = [];
    await addKey(link, (line) => void warned.push(line));
    assert.deepEqual(warned, [`${link} is readable by others: chmod 600 ${link}`]);
    const { queueSenders, keys } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown[]>;
    assert.deepEqual([queueSenders, keys?.length], [['arn:*'], 1]);
    assert.equal((await stat(path)).mode & 0o777, 0o640);
  });

  it('changes nothing when it cannot be done, or would make a file that no server accepts', async (test) => {
    const directory = await directoryFor(test);
    const path = join(directory, 'keys.json');
    await addKey(path);
    const before = await readFile(path, 'utf8');
    const changes: [() => never | object, object][] = [
      [() => assert.fail('no'), { message: 'no' }],
      [() => ({ keys: [{}] }), { name: 'KeyFileError' }],
    ];
    for (const [change, error] of changes) {
      await assert.rejects(changeKeyFile(path, change as never, assert.fail), error);
      assert.equal(await readFile(path, 'utf8'), before);
      assert.deepEqual(await readdir(directory), ['keys.json']);
    }
  });

  it('does not touch a file that is broken', async (test) => {
    const path = join(await directoryFor(test), 'keys.json');
    await writeFile(path, '{"keys": [', { mode: 0o600 });
    await assert.rejects(addKey(path), { name: 'KeyFileError', message: `${path}: not JSON` });
    assert.equal(await readFile(path, 'utf8'), '{"keys": [');
  });

  it('does not touch a file that others may write', async (test) => {
    const path = join(await directoryFor(test), 'keys.json');
    await writeFile(path, '{"keys": []}');
    await chmod(path, 0o620);
    await assert.rejects(addKey(path), { name: 'KeyFileError', message: /is writable by others/ });
    assert.equal(await readFile(path, 'utf8'), '{"keys": []}');
  });

  it('says what to remove when a command was killed while it changed the file', async (test) => {
    const path = join(await directoryFor(test), 'keys.json');
    await writeFile(`${path}.new`, '');
    await assert.rejects(addKey(path), {
      name: 'KeyFileLockedError',
      message: /keys\.json\.new has been there for 10 s: /,
    });
  });
});
