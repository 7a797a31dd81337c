import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { listScripts, openScript } from '../../../../src/watcher/hooks/select.ts';
import { createScriptDirectory, type ScriptDirectory } from './script-directory.ts';

describe('script selection', async () => {
  let directory: ScriptDirectory;
  beforeEach(() => {
    directory = createScriptDirectory();
    directory.add('draining/10-first', 'true');
  });
  afterEach(() => directory.remove());

  const list = (): ReturnType<typeof listScripts> => listScripts(directory.path, 'draining', directory.trust);

  async function refusal(path: string): Promise<string> {
    const result = await openScript(path, directory.trust);
    if ('script' in result) {
      await result.script.file.close();
      return 'accepted';
    }
    return `${result.refusal.path.replace(directory.path, '')}: ${result.refusal.problem}; ${result.refusal.remedy.replaceAll(directory.path, '')}`;
  }

  it('lists in bytewise order and leaves out what editors and package managers leave behind', async () => {
    for (const name of [
      '9',
      '100',
      'B',
      'a',
      'é',
      'a.sh',
      '.hidden',
      'a~',
      'a.rpmsave',
      'a.rpmnew',
      'a.dpkg-new.bak',
      'a.dpkg-old',
      'a.dpkg-dist',
    ]) {
      directory.add(`draining/${name}`, 'true');
    }
    assert.deepEqual(
      (await list()).paths.map((path) => basename(path)),
      ['10-first', '100', '9', 'B', 'a', 'a.sh', 'é'],
    );
    assert.deepEqual((await list()).refused, []);
  });

  it('has nothing for a state without a directory, or without a script directory', async () => {
    assert.deepEqual(await listScripts(directory.path, 'running', directory.trust), {
      paths: [],
      refused: [],
    });
    assert.deepEqual(await listScripts(join(directory.path, 'no'), 'running', directory.trust), {
      paths: [],
      refused: [],
    });
  });

  for (const state of [
    '../../x',
    '..',
    '.',
    '',
    'a/b',
    'Draining',
    '%s',
    'a\0b',
    '-x',
    'a'.repeat(65),
    'x'.repeat(1e6),
  ]) {
    it(`looks at no directory for the state ${JSON.stringify(state.slice(0, 20))}`, () => {
      return assert.rejects(listScripts(directory.path, state, directory.trust), RangeError);
    });
  }

  it('refuses a name that is not UTF-8', async () => {
    const name = Buffer.from([0x61, 0xff]);
    writeFileSync(Buffer.concat([Buffer.from(`${directory.path}/draining/`), name]), '#!/bin/sh\n');
    assert.match((await list()).refused[0]?.problem ?? '', /not UTF-8/);
    assert.equal((await list()).paths.length, 1);
  });

  it('says why a state directory cannot be read', async () => {
    writeFileSync(join(directory.path, 'running'), '');
    const { refused } = await listScripts(directory.path, 'running', directory.trust);
    assert.match(refused[0]?.problem ?? '', /ENOTDIR/);
  });

  const modes: readonly (readonly [mode: number, expected: string])[] = [
    [0o755, 'accepted'],
    [0o700, 'accepted'],
    [0o500, 'accepted'],
    [0o644, '/draining/a: is not executable; chmod +x /draining/a'],
    [0o775, '/draining/a: is writable by others than its owner; chmod go-w /draining/a'],
    [0o757, '/draining/a: is writable by others than its owner; chmod go-w /draining/a'],
  ];
  for (const [mode, expected] of modes) {
    it(`mode ${mode.toString(8)}: ${expected}`, async () => {
      assert.equal(await refusal(directory.add('draining/a', 'true', mode)), expected);
    });
  }

  it('refuses a script of another owner, naming the chown', async () => {
    const path = directory.add('draining/a', 'true');
    const { uid } = statSync(path);
    const result = await openScript(path, { uids: [uid + 1], root: join(directory.path, 'draining') });
    assert.ok('refusal' in result);
    assert.equal(result.refusal.problem, `is owned by uid ${uid}, not by ${uid + 1}`);
    assert.equal(result.refusal.remedy, `chown ${uid + 1} ${join(directory.path, 'draining')}`);
  });

  it('refuses everything below a directory that others can write, naming the directory', async () => {
    chmodSync(join(directory.path, 'draining'), 0o775);
    assert.deepEqual(
      (await list()).refused.map(({ path }) => path),
      [join(directory.path, 'draining')],
    );
    assert.deepEqual((await list()).paths, []);
    chmodSync(join(directory.path, 'draining'), 0o755);
    chmodSync(directory.path, 0o777);
    assert.deepEqual(
      (await list()).refused.map(({ remedy }) => remedy),
      [`chmod go-w ${directory.path}`],
    );
  });

  it('gives the event loop its turns, however many directories there are to judge', async () => {
    let turns = 0;
    let isListing = true;
    const turn = (): void => {
      turns += 1;
      if (isListing) setImmediate(turn);
    };
    setImmediate(turn);
    await list();
    const whileListing = turns;
    const opened = await openScript(join(directory.path, 'draining/10-first'), directory.trust);
    isListing = false;
    assert.ok(whileListing > 0, 'none while it listed');
    assert.ok(turns > whileListing, 'none while it opened');
    assert.ok('script' in opened);
    await opened.script.file.close();
  });

  it('passes through a sticky directory by a trusted name, and ends in none', async () => {
    const file = directory.add('draining/a', 'true');
    chmodSync(directory.path, 0o1777);
    assert.equal(await refusal(file), 'accepted');
    chmodSync(directory.path, 0o755);
    chmodSync(join(directory.path, 'draining'), 0o1777);
    assert.deepEqual(
      (await list()).refused.map(({ path }) => path),
      [join(directory.path, 'draining')],
    );
  });

  it('has nothing to say of a state without a directory, wherever that would be', async () => {
    chmodSync(directory.path, 0o777);
    assert.deepEqual(await listScripts(directory.path, 'running', directory.trust), {
      paths: [],
      refused: [],
    });
  });

  it('refuses what is not a regular file, without opening it', async () => {
    const socket = join(directory.path, 'draining/socket');
    const server = createServer().listen(socket);
    mkdirSync(join(directory.path, 'draining/dir'));
    symlinkSync('/dev/full', join(directory.path, 'draining/device'));
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      chmodSync(socket, 0o755);
      assert.match(await refusal(socket), /is not a regular file/);
      assert.match(await refusal(join(directory.path, 'draining/dir')), /is not a regular file/);
      assert.notEqual(await refusal(join(directory.path, 'draining/device')), 'accepted');
    } finally {
      server.close();
    }
  });

  it('follows a symbolic link and judges its target and the way there', async () => {
    const target = directory.add('elsewhere/tool', 'true');
    const link = join(directory.path, 'draining/20-link');
    symlinkSync('../elsewhere/tool', link);
    assert.equal(await refusal(link), 'accepted');
    chmodSync(target, 0o777);
    assert.match(await refusal(link), /^\/elsewhere\/tool: is writable/);
    chmodSync(target, 0o755);
    chmodSync(join(directory.path, 'elsewhere'), 0o777);
    assert.match(await refusal(link), /^\/elsewhere: is writable/);
  });

  it('judges directories that a chain of links passes through', async () => {
    directory.add('elsewhere/tool', 'true');
    mkdirSync(join(directory.path, 'hop'));
    symlinkSync('../elsewhere', join(directory.path, 'hop/there'));
    symlinkSync(join(directory.path, 'hop/there/tool'), join(directory.path, 'draining/20-link'));
    assert.equal(await refusal(join(directory.path, 'draining/20-link')), 'accepted');
    chmodSync(join(directory.path, 'hop'), 0o777);
    assert.match(await refusal(join(directory.path, 'draining/20-link')), /^\/hop: is writable/);
  });

  it('refuses a link into a directory that anyone can write', async () => {
    symlinkSync('/tmp', join(directory.path, 'draining/20-link'));
    const result = await openScript(join(directory.path, 'draining/20-link/x'), {
      ...directory.trust,
      root: directory.path,
    });
    assert.ok('refusal' in result);
  });

  it('refuses dangling and circular links', async () => {
    symlinkSync('nothing', join(directory.path, 'draining/a'));
    symlinkSync('b', join(directory.path, 'draining/b'));
    assert.match(await refusal(join(directory.path, 'draining/a')), /leads to nothing/);
    assert.match(await refusal(join(directory.path, 'draining/b')), /ELOOP/);
  });

  it('pins a program: the descriptor stays on the file that was judged', async () => {
    const path = join(directory.path, 'draining/20-program');
    copyFileSync('/bin/true', path);
    chmodSync(path, 0o755);
    const result = await openScript(path, directory.trust);
    assert.ok('script' in result);
    try {
      assert.equal(result.script.isProgram, true);
      const judged = statSync(path).ino;
      renameSync(directory.add('draining/other', 'true'), path);
      assert.equal((await result.script.file.stat()).ino, judged);
      assert.notEqual(statSync(path).ino, judged);
    } finally {
      await result.script.file.close();
    }
  });
});
