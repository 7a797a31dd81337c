// The lock of the one writer: refused to a second process, freed by the death of the first, kept from its children.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { FirewallError } from '../../../src/firewall/errors.ts';
import { lock } from '../../../src/firewall/lock-file.ts';

const MODULE = new URL('../../../src/firewall/lock-file.ts', import.meta.url).href;
const directory = mkdtempSync(path.join(tmpdir(), 'cs-lock-'));
after(() => rmSync(directory, { recursive: true }));

/** Another process that holds the lock until it is killed. */
async function startHolder(file: string): Promise<ChildProcess> {
  const program = `
    const { lock } = await import(${JSON.stringify(MODULE)});
    lock(${JSON.stringify(file)});
    console.log('held');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  assert.equal(String(line), 'held\n');
  return child;
}

async function killHard(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function isHeldBy(pid: number) {
  return (error: unknown) => {
    assert.ok(error instanceof FirewallError);
    assert.equal(error.code, 'locked');
    assert.equal(error.operation, 'lock');
    assert.equal(error.detail, String(pid));
    assert.match(error.message, new RegExp(`is held by process ${pid}$`));
    return true;
  };
}

/** What a descriptor is open on; null when it was closed meanwhile, as the loader of a new program closes its own. */
function target(descriptor: string): string | null {
  try {
    return readlinkSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

describe('lock', () => {
  let file: string;
  let count = 0;
  beforeEach(() => {
    count += 1;
    file = path.join(directory, `lock-${count}`);
  });

  test('creates a private file that names the holder, over whatever it held', () => {
    writeFileSync(file, '123456789012345678901234567890', { mode: 0o600 });
    const held = lock(file);
    assert.equal(readFileSync(file, 'utf8'), `${process.pid}\n`);
    held.close();
    rmSync(file);
    lock(file).close();
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test('a second process is refused and told who holds it, until the holder is killed', async () => {
    const holder = await startHolder(file);
    try {
      assert.throws(() => lock(file), isHeldBy(holder.pid!));
      assert.equal(readFileSync(file, 'utf8'), `${holder.pid}\n`, 'the loser left the file alone');
    } finally {
      await killHard(holder);
    }
    lock(file).close();
  });

  test('close lets go, once and for all', () => {
    const first = lock(file);
    assert.throws(() => lock(file), isHeldBy(process.pid));
    first.close();
    const second = lock(file);
    first.close();
    assert.throws(() => lock(file), isHeldBy(process.pid));
    second.close();
  });

  test('a child started meanwhile does not keep it', async () => {
    const held = lock(file);
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      const open = readdirSync(`/proc/${child.pid}/fd`).map((fd) => target(`/proc/${child.pid}/fd/${fd}`));
      assert.ok(!open.includes(file), `${file} is open in the child`);
      held.close();
      lock(file).close();
    } finally {
      await killHard(child);
    }
  });

  test('is kept when its handle is forgotten', () => {
    lock(file);
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    assert.throws(() => lock(file), isHeldBy(process.pid));
  });

  test('ends with the worker thread that took it', async () => {
    const worker = new Worker(
      `import(${JSON.stringify(MODULE)}).then(({ lock }) => {
         lock(${JSON.stringify(file)});
         require('node:worker_threads').parentPort.postMessage('held');
         setInterval(() => {}, 1e6);
       });`,
      { eval: true },
    );
    await once(worker, 'message');
    assert.throws(() => lock(file), isHeldBy(process.pid));
    await worker.terminate();
    lock(file).close();
  });

  for (const { name, make, errno } of [
    { name: 'a symbolic link', make: () => symlinkSync('/dev/null', file), errno: constants.errno.ELOOP },
    { name: 'a directory', make: () => mkdirSync(file), errno: constants.errno.EISDIR },
    { name: 'a FIFO', make: () => execFileSync('mkfifo', [file]), errno: constants.errno.EINVAL },
    { name: 'a path in no directory', make: () => (file = `${file}/x`), errno: constants.errno.ENOENT },
  ]) {
    test(`${name} is refused`, () => {
      make();
      assert.throws(() => lock(file), { name: 'FirewallError', code: 'kernel', operation: 'lock', errno });
    });
  }
});
