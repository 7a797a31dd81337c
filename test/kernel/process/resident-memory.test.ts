// Memory given back: the pages of files go, what this process wrote stays, and code that runs meanwhile never notices.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { releaseResidentMemory } from '../../../src/firewall/resident-memory.ts';

/** Kilobytes of this process that are a file's, or its own. */
function resident(kind: 'RssFile' | 'RssAnon'): number {
  return Number(
    new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1],
  );
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the memory that was given back', () => {
  test('was that of files, more than half of it', async () => {
    sha256('so that it is loaded');
    const before = resident('RssFile');
    await releaseResidentMemory();
    const after = resident('RssFile');
    assert.ok(after < before / 2, `${before} kB of files, then ${after}`);
  });

  test('was none that was written', async () => {
    const own = Array.from({ length: 200_000 }, (_, index) => `${index}`);
    await releaseResidentMemory();
    own.forEach((text, index) => void assert.equal(text, `${index}`));
  });

  test('is not missed by threads that run, 200 times', async () => {
    const program = `
      const { createHash } = require('node:crypto');
      const { parentPort, workerData } = require('node:worker_threads');
      let isAsked = false;
      parentPort.on('message', () => { isAsked = true; });
      let rounds = 0;
      const turn = () => {
        for (let i = 0; i < 100; i += 1) {
          const text = JSON.stringify({ rounds, text: 'x'.repeat(i) });
          if (createHash('sha256').update(JSON.stringify(JSON.parse(text))).digest('hex') !== createHash('sha256').update(text).digest('hex')) throw new Error('wrong');
        }
        rounds += 1;
        if (isAsked) { parentPort.postMessage(rounds); parentPort.close(); } else setImmediate(turn);
      };
      turn();`;
    const worker = new Worker(program, { eval: true });
    const rounds = new Promise<number>((resolve, reject) => {
      worker.on('message', resolve).on('error', reject);
    });
    const expected = sha256('here too');
    for (let time = 0; time < 200; time += 1) {
      await releaseResidentMemory();
      assert.equal(sha256('here too'), expected);
    }
    worker.postMessage('end');
    assert.ok((await rounds) > 0);
  });
});
