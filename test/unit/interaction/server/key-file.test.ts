// Access keys from a file: what is accepted, and how a change of the file takes effect.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type KeyFileError, openKeyFile } from '../../../../src/interaction/server/key-file.ts';

const key = {
  accessKeyId: 'AKID',
  secretAccessKey: 'hush',
  caller: 'AROAX:i-0ab',
  userArn: 'arn:aws:sts::1:x',
};
const read = {
  secretAccessKey: 'hush',
  sessionToken: undefined,
  expiresAtMs: undefined,
  caller: key.caller,
  userArn: key.userArn,
};

async function keyFileWith(test: TestContext, content: unknown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-keys-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'keys.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}

async function replaceContent(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

describe('openKeyFile', () => {
  it('finds keys by their id', async (test) => {
    const temporary = { ...key, accessKeyId: 'ASIA', sessionToken: 't', expiresAt: '2030-01-31T12:00:00Z' };
    const file = openKeyFile(await keyFileWith(test, { keys: [key, temporary] }), assert.ifError);
    assert.deepEqual(file.lookup('AKID'), read);
    assert.deepEqual(file.lookup('ASIA'), {
      ...read,
      sessionToken: 't',
      expiresAtMs: Date.UTC(2030, 0, 31, 12),
    });
    assert.equal(file.lookup('NOBODY'), undefined);
    assert.equal(file.lookup('__proto__'), undefined);
  });

  const refused: [string, unknown, RegExp][] = [
    ['no JSON', 'hush', /: not JSON$/],
    ['no list', {}, /expected an object with an array "keys"$/],
    ['no object', { keys: ['hush'] }, /key 1: expected an object$/],
    [
      'a key without a secret',
      { keys: [key, { ...key, secretAccessKey: '' }] },
      /key 2: secretAccessKey: expected/,
    ],
    ['a key without a caller', { keys: [{ ...key, caller: undefined }] }, /key 1: caller: expected/],
    ['a time that is none', { keys: [{ ...key, expiresAt: 'soon' }] }, /key 1: expiresAt: expected a time/],
    ['a member that may be a restriction', { keys: [{ ...key, rules: [] }] }, /key 1: rules: no such field$/],
  ];
  for (const [name, content, message] of refused) {
    it(`refuses ${name}, without quoting a secret`, async (test) => {
      const path = await keyFileWith(test, content);
      assert.throws(
        () => openKeyFile(path, assert.ifError),
        (error: KeyFileError) => {
          assert.equal(error.name, 'KeyFileError');
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /hush/);
          return true;
        },
      );
    });
  }

  it('refuses a file that is not there', () => {
    assert.throws(() => openKeyFile('/nonexistent/keys.json', assert.ifError), { name: 'KeyFileError' });
  });

  it('follows changes of the file, and keeps the last good keys through a bad one', async (test) => {
    const path = await keyFileWith(test, { keys: [key] });
    const warnings: string[] = [];
    const file = openKeyFile(path, (line) => void warnings.push(line));
    assert.ok(file.lookup('AKID'));

    await replaceContent(path, JSON.stringify({ keys: [{ ...key, accessKeyId: 'NEXT' }] }));
    assert.equal(file.lookup('AKID'), undefined);
    assert.ok(file.lookup('NEXT'));

    await replaceContent(path, '{"keys": [');
    assert.ok(file.lookup('NEXT'));
    assert.ok(file.lookup('NEXT'));
    assert.deepEqual(
      warnings.splice(0),
      [`${path}: not JSON; the keys read before stay in force`],
      'told once',
    );

    await rm(path);
    assert.ok(file.lookup('NEXT'));
    assert.match(warnings.splice(0).join(), /: ENOENT: [^\n]+; the keys read before stay in force$/);

    await replaceContent(path, JSON.stringify({ keys: [key] }));
    assert.ok(file.lookup('AKID'));
    assert.equal(file.lookup('NEXT'), undefined);
    assert.deepEqual(warnings, []);
  });

  const modes: [number, string][] = [
    [0o600, ''],
    [0o400, ''],
    [0o711, ''],
    [0o640, 'readable'],
    [0o644, 'readable'],
    [0o620, 'writable'],
    [0o602, 'writable'],
    [0o666, 'writable'],
  ];
  for (const [mode, others] of modes) {
    it(`${others === 'writable' ? 'refuses' : 'accepts'} mode ${mode.toString(8)}`, async (test) => {
      const path = await keyFileWith(test, { keys: [key] });
      await chmod(path, mode);
      const warnings: string[] = [];
      const open = () => openKeyFile(path, (line) => void warnings.push(line));
      if (others === 'writable') {
        const message = `${path} is writable by others, who could add keys (chmod 600 ${path})`;
        assert.throws(open, { name: 'KeyFileError', message });
        return;
      }
      assert.ok(open().lookup('AKID'));
      const expected = others === '' ? [] : [`${path} is readable by others: chmod 600 ${path}`];
      assert.deepEqual(warnings, expected);
    });
  }

  it('a change of its mode counts, and what others may have written is not used', async (test) => {
    const path = await keyFileWith(test, { keys: [key] });
    const warnings: string[] = [];
    const file = openKeyFile(path, (line) => void warnings.push(line));
    await writeFile(path, JSON.stringify({ keys: [{ ...key, accessKeyId: 'ADDED' }] }));
    await chmod(path, 0o622);
    assert.equal(file.lookup('ADDED'), undefined);
    assert.ok(file.lookup('AKID'));
    assert.match(warnings.join(), /is writable by others, .*; the keys read before stay in force$/);
  });

  it('warns of a file without keys', async (test) => {
    const path = await keyFileWith(test, { keys: [] });
    const warnings: string[] = [];
    openKeyFile(path, (line) => void warnings.push(line));
    assert.deepEqual(warnings, [`${path} has no keys: every request will be refused`]);
  });
});
