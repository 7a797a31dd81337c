// What the person who starts the server is told when it cannot start.
import assert from 'node:assert/strict';
import { chdir, cwd } from 'node:process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CommandFailure } from '../../../../src/commands/interact/command-context.ts';
import {
  explainListen,
  explainPath,
  startWithPath,
} from '../../../../src/commands/interact/start-failure.ts';
import { KeyFileLockedError } from '../../../../src/interaction/server/keys/change-key-file.ts';
import { KeyFileError } from '../../../../src/interaction/server/keys/parse-key-file.ts';
import {
  StoreFileError,
  StoreFileLockedError,
} from '../../../../src/interaction/server/store/sqlite-file-error.ts';
import { StoreError } from '../../../../src/interaction/server/store/store.ts';
import { TlsFilesError } from '../../../../src/interaction/server/tls-files.ts';
import { SocketInUseError } from '../../../../src/interaction/server/unix-socket.ts';

const systemError = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: as the system says it`), { code, ...more });

describe('explainListen', () => {
  const cases: [string, RegExp][] = [
    ['EADDRINUSE', /^the port is in use: stop what listens there, or give another port$/],
    ['EACCES', /^this user may not listen on port 80: give one from 1024 on, or /],
    ['EADDRNOTAVAIL', /^no interface of this host has that address: give one that it has/],
    ['ENOTFOUND', /^no address is known for that name: give an address/],
    ['EMFILE', /^EMFILE: as the system says it$/],
  ];
  for (const [code, text] of cases) {
    it(code, () => assert.match(explainListen({ host: 'a', port: 80 }, systemError(code)), text));
  }
});

describe('explainPath', () => {
  it('names the directory that is not there', () => {
    for (const code of ['EACCES', 'ENOENT'])
      assert.equal(
        explainPath('/nonexistent/f', systemError(code)),
        'the directory /nonexistent does not exist: make it, or give a path in another',
      );
  });

  it('says how to make a key file', () => {
    const error = new KeyFileError('k', { cause: systemError('ENOENT') });
    const path = join(tmpdir(), 'k.json');
    const command = `cs-interact key create --keys ${path} --user NAME --allow '*'`;
    assert.equal(explainPath(path, error), `${path} does not exist: make it with ${command}`);
  });

  it('says that the directory is none', (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'cs-start-'));
    context.after(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const text = explainPath(join(file, 'f'), systemError('EACCES'));
    assert.equal(text, `${file} is not a directory: give a path in one`);
  });

  it('says that the current directory was removed', (context) => {
    const before = cwd();
    const directory = mkdtempSync(join(tmpdir(), 'cs-start-'));
    context.after(() => chdir(before));
    chdir(directory);
    rmdirSync(directory);
    const removed = 'the current directory was removed: change to another, or give an absolute path';
    assert.equal(explainPath('f', systemError('EACCES')), removed);
    assert.equal(explainPath('a/f', systemError('ENOENT', { syscall: 'mkdir', path: 'a' })), removed);
  });

  it('says which directory cannot be made', () => {
    assert.equal(
      explainPath('/proc/a/f', systemError('ENOENT', { syscall: 'mkdir', path: '/proc/a' })),
      'the directory /proc/a cannot be made (ENOENT): make it for this user, or give a path in another',
    );
  });

  it('says where this user may not make files', () => {
    assert.equal(
      explainPath('/etc/f', systemError('EACCES', { syscall: 'listen' })),
      'this user may not make files in the directory /etc: give a path in another',
    );
  });

  it('leaves what it does not know to the system', () => {
    const text = explainPath(join(tmpdir(), 'f'), systemError('EACCES'));
    assert.equal(text, 'EACCES: as the system says it; give one that this user can use');
  });
});

describe('startWithPath', () => {
  const cases: [Error, number, string][] = [
    [new KeyFileError('k is bad'), 2, '--x: k is bad; correct the file or give another'],
    [new TlsFilesError('t is bad'), 2, '--x: t is bad; correct the file or give another'],
    [new StoreFileError('s is bad: do this'), 2, '--x: s is bad: do this'],
    [new StoreFileLockedError('s is locked: do this'), 75, '--x: s is locked: do this'],
    [new StoreError('the disk is full: do this'), 1, '--x: the disk is full: do this'],
    [new KeyFileLockedError('k is locked'), 75, '--x: k is locked'],
    [new SocketInUseError('p is in use'), 75, '--x: p is in use; stop that server or give another path'],
    [new CommandFailure(1, 'said already'), 1, 'said already'],
  ];
  for (const [error, exitStatus, message] of cases) {
    it(`${error.name}: ${exitStatus}`, () =>
      assert.rejects(
        startWithPath('--x', '/p', () => Promise.reject(error)),
        {
          ...{ name: 'CommandFailure', exitStatus, message },
        },
      ));
  }
});
