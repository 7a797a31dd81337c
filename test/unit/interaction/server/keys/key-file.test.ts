// Access keys from a file: what is accepted, and how a change of the file takes effect.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openKeyFile } from '../../../../../src/interaction/server/keys/key-file.ts';
import type { KeyFileError } from '../../../../../src/interaction/server/keys/parse-key-file.ts';

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
  allow: ['GET/metadata'],
  deny: [],
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

  const whom: [string, object, string, readonly string[]][] = [
    ['a session of an instance', { caller: 'AROAX:i-0ab' }, 'AROAX:i-0ab', ['GET/metadata']],
    ['an instance by its id', { caller: 'AROAX', instanceId: 'i-0ab' }, 'AROAX:i-0ab', ['GET/metadata']],
    ['both, the same', { caller: 'AROAX:i-0ab', instanceId: 'i-0ab' }, 'AROAX:i-0ab', ['GET/metadata']],
    ['an instance with rules', { allow: ['*'] }, 'AROAX:i-0ab', ['*']],
    ['an instance that may nothing', { allow: [] }, 'AROAX:i-0ab', []],
    ['another session', { caller: 'AROAX:alice' }, 'AROAX:alice', []],
    ['a user', { caller: 'AIDAX' }, 'AIDAX', []],
  ];
  for (const [name, members, caller, allow] of whom) {
    it(`knows ${name}`, async (test) => {
      const path = await keyFileWith(test, { keys: [{ ...key, ...members }] });
      const found = openKeyFile(path, assert.ifError).lookup('AKID');
      assert.deepEqual([found?.caller, found?.allow, found?.deny], [caller, allow, []]);
    });
  }

  it('reads rules and senders, and reads them again when the file changes', async (test) => {
    const path = await keyFileWith(test, { keys: [{ ...key, allow: ['GET/*'], deny: ['*/scheduler*'] }] });
    const file = openKeyFile(path, assert.ifError);
    assert.deepEqual(file.lookup('AKID')?.deny, ['*/scheduler*']);
    assert.equal(file.queueSenders(), undefined);
    await replaceContent(path, JSON.stringify({ keys: [{ ...key, allow: ['*'] }], queueSenders: ['arn:*'] }));
    assert.deepEqual(file.queueSenders(), ['arn:*']);
    assert.deepEqual(file.lookup('AKID')?.allow, ['*']);
    assert.deepEqual(
      file.keys().map(({ userArn }) => userArn),
      [key.userArn],
    );
  });

  it('keeps rules and keys together through a bad change', async (test) => {
    const path = await keyFileWith(test, { keys: [{ ...key, allow: ['GET/*'] }], queueSenders: [] });
    const warnings: string[] = [];
    const file = openKeyFile(path, (line) => void warnings.push(line));
    const bad = { keys: [{ ...key, accessKeyId: 'NEXT', allow: ['get/*'] }], queueSenders: ['*'] };
    await replaceContent(path, JSON.stringify(bad));
    assert.equal(file.lookup('NEXT'), undefined);
    assert.deepEqual(file.lookup('AKID')?.allow, ['GET/*']);
    assert.deepEqual(file.queueSenders(), []);
    assert.deepEqual(warnings, [
      `${path}: key 1 (NEXT): allow: "get/*": the method must be GET, POST or *; the keys read before stay in force`,
    ]);
  });

  const refused: [string, unknown, RegExp][] = [
    ['no JSON', 'hush', /: not JSON$/],
    ['no list', {}, /expected an object with an array "keys"$/],
    ['null', null, /expected an object with an array "keys"$/],
    ['no object', { keys: ['hush'] }, /key 1: expected an object$/],
    [
      'a key without a secret',
      { keys: [key, { ...key, accessKeyId: 'A', secretAccessKey: '' }] },
      /key 2 \(A\): secretAccessKey: expected/,
    ],
    ['a key without an id', { keys: [{ ...key, accessKeyId: 1 }] }, /key 1: accessKeyId: expected/],
    [
      'a secret for an id',
      { keys: [{ ...key, accessKeyId: 'hush', caller: 1 }] },
      /key 1 \(of an unusual id\): c/,
    ],
    ['an id twice', { keys: [key, key] }, /key 2: AKID is there twice$/],
    ['a key without a caller', { keys: [{ ...key, caller: undefined }] }, /key 1 \(AKID\): caller: expected/],
    [
      'a time that is none',
      { keys: [{ ...key, expiresAt: 'soon' }] },
      /\(AKID\): expiresAt: expected a time/,
    ],
    [
      'a member that may be a restriction',
      { keys: [{ ...key, rules: [] }] },
      /\(AKID\): rules: no such field$/,
    ],
    ['a member of the file', { keys: [key], senders: [] }, /keys\.json: senders: no such field$/],
    [
      'an instance id that is none',
      { keys: [{ ...key, instanceId: 'web' }] },
      /instanceId: expected an id such as/,
    ],
    [
      'two instances',
      { keys: [{ ...key, instanceId: 'i-0cd' }] },
      /caller: its session is not the instanceId/,
    ],
    [
      'a session beside an instance',
      { keys: [{ ...key, caller: 'AROAX:alice', instanceId: 'i-0cd' }] },
      /caller: its session is not the instanceId/,
    ],
    ['rules that are no list', { keys: [{ ...key, allow: '*' }] }, /\(AKID\): allow: expected a list/],
    ['senders that are no list', { keys: [], queueSenders: 'arn' }, /queueSenders: expected a list/],
    [
      'a rule without a method',
      { keys: [{ ...key, deny: ['metadata'] }] },
      /deny: "metadata": expected METHOD/,
    ],
    [
      'a rule for another method',
      { keys: [{ ...key, allow: ['PUT/x'] }] },
      /allow: "PUT\/x": the method must be/,
    ],
    ['a rule with a slash', { keys: [{ ...key, allow: ['GET//x'] }] }, /"GET\/\/x": the path must not begin/],
    ['a rule in capitals', { keys: [{ ...key, allow: ['GET/Metadata'] }] }, /the path must be lower case/],
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
