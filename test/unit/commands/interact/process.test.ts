// The process of `cs-interact`: it ends when its command has, whatever still goes on in it.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { it } from 'node:test';

const PROGRAM = resolve(import.meta.dirname, '../../../../src/bin/cs-interact.ts');
const NOWHERE = 'http://127.0.0.1:1/v1/';
const deadlineMs = 20_000;

function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH, AWS_REGION: 'eu-west-1', HOME: join(import.meta.dirname, 'none'), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: deadlineMs,
  });
}

async function endOf(child: ChildProcess): Promise<{ status: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [status] = await once(child, 'close');
  return { status, stderr };
}

it('does not wait for credentials that it gave up', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const child = start(['operations', '--api-url', NOWHERE, '--timeout', '1s'], {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
    });
    const { status, stderr } = await endOf(child);
    assert.equal(status, 75, stderr);
    assert.match(stderr, /^cs-interact: operations: no answer within 1000 ms/m);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});

it('says once that its output cannot be written', async () => {
  const child = spawn('sh', ['-c', '"$0" "$1" --help >/dev/full', process.execPath, PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
  });
  const { status, stderr } = await endOf(child);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /^cs-interact: the output could not be written: ENOSPC[^\n]*\n$/);
});

it('prints nothing but its own when a container is slow to give credentials', async () => {
  const slow = createServer((_, response) => {
    // Longer than the SDK finds normal.
    setTimeout(() => response.writeHead(500).end(), 1_200);
  }).listen(0, '127.0.0.1');
  await once(slow, 'listening');
  try {
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
    const child = start(['operations', '--api-url', NOWHERE, '--timeout', '2s'], {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
    });
    const { status, stderr } = await endOf(child);
    assert.equal(status, 75, stderr);
    assert.deepEqual(
      stderr.split('\n').filter((line) => line !== '' && !line.startsWith('cs-interact: ')),
      [],
    );
  } finally {
    slow.closeAllConnections();
    slow.close();
  }
});
