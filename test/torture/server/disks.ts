// A disk that is full, and a server that is killed while it writes: what was acknowledged is on disk, and nothing else was.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import type { Attempts, ServerRow } from './attack.ts';
import { mountSmallDisk } from './mounted.ts';
import { PATIENCE_MS, pause, ServerProcess } from './server-process.ts';
import { ask, SteadyClient } from './steady-client.ts';
import { Writers } from './writers.ts';

const DISK_MB = 8;
const WRITERS = 8;

async function fillDisk(times: number): Promise<Attempts> {
  const broken: string[] = [];
  let recoveryMs = 0;
  for (let round = 0; round < times; round += 1) {
    const disk = await mountSmallDisk(DISK_MB);
    const options = { directory: disk.path, outside: disk.outside, wrapper: disk.enter };
    try {
      let server = await ServerProcess.start(options);
      try {
        const steady = await SteadyClient.start(server);
        const filler = join(disk.outside, 'filler');
        const writers = new Writers(server, WRITERS, 4_000);
        await writers.more(20, PATIENCE_MS);
        fill(filler);
        for (const deadlineMs = performance.now() + PATIENCE_MS; (writers.refused.get(503) ?? 0) < 50; ) {
          await pause(20);
          if (performance.now() < deadlineMs) continue;
          broken.push('no write was answered 503');
          break;
        }
        const [other] = [...writers.refused.keys()].filter((status) => status !== 503);
        if (other !== undefined) broken.push(`a write was answered ${other}`);
        if (!(await server.said(/could not be written: .*full/)))
          broken.push('nobody was told that the disk is full');
        // Everything that was acknowledged, also among the last ones.
        broken.push(...(await writers.lost(server.port)));
        rmSync(filler);
        const healedMs = performance.now();
        if (!(await writers.more(1, PATIENCE_MS))) broken.push('no write succeeded once there was room');
        recoveryMs = Math.max(recoveryMs, Math.round(performance.now() - healedMs));
        // Full again, and killed then.
        fill(filler);
        await pause(100);
        broken.push(...(await steady.stop()));
        writers.server = undefined;
        await writers.end();
        broken.push(...(await server.end('SIGKILL')).complaints);
        rmSync(filler);
        server = await ServerProcess.start(options);
        broken.push(...(await writers.lost(server.port)));
        const { status } = await ask(server.port, 'POST', '/configuration/after', { body: 'a' });
        if (status !== 200) broken.push(`after it all a write is answered ${status}`);
      } finally {
        broken.push(...(await server.end('SIGTERM')).complaints);
      }
    } finally {
      await disk.close();
    }
  }
  return { tries: times, broken, recoveryMs };
}

/** To the last byte. */
function fill(path: string): void {
  for (let bytes = DISK_MB * 2 ** 20; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      // Half of it may still fit.
    }
  }
}

/** A start needs room as well: without it there is one line, and the database is as it was. */
async function startOnFullDisk(times: number): Promise<Attempts> {
  const broken: string[] = [];
  for (let round = 0; round < times; round += 1) {
    const disk = await mountSmallDisk(DISK_MB);
    const options = { directory: disk.path, outside: disk.outside, wrapper: disk.enter };
    try {
      const first = await ServerProcess.start(options);
      const writers = new Writers(first, WRITERS, 1_000);
      await writers.more(100, PATIENCE_MS);
      // Not in the middle of a write that nobody will hear of.
      await writers.end();
      await first.end(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      const filler = join(disk.outside, 'filler');
      fill(filler);
      const onFull = await ServerProcess.outcome(options);
      broken.push(...onFull.complaints);
      if (onFull.status !== 'started' && (onFull.lines.length !== 1 || onFull.status !== 1)) {
        broken.push(`it ended with ${onFull.status}, and said ${onFull.lines.join(' | ')}`);
      }
      if (onFull.status !== 'started' && !onFull.lines[0]?.includes('full'))
        broken.push(`it said ${onFull.lines[0]}`);
      rmSync(filler);
      const server = await ServerProcess.start(options);
      broken.push(...(await writers.lost(server.port)));
      broken.push(...(await server.end('SIGTERM')).complaints);
    } finally {
      await disk.close();
    }
  }
  return { tries: times, broken, recoveryMs: null };
}

async function killWhileWriting(times: number): Promise<Attempts> {
  const broken: string[] = [];
  let recoveryMs = 0;
  const { path: directory, close } = temporaryDirectory();
  let server = await ServerProcess.start({ directory });
  const writers = new Writers(server, WRITERS, 500);
  try {
    for (let round = 0; round < times; round += 1) {
      if (!(await writers.more(10, PATIENCE_MS))) broken.push('no write was acknowledged');
      await pause(Math.random() * 40);
      await server.end('SIGKILL');
      const diedMs = performance.now();
      writers.server = undefined;
      server = await ServerProcess.start({ directory });
      recoveryMs = Math.max(recoveryMs, Math.round(performance.now() - diedMs));
      broken.push(...(await writers.lost(server.port)));
      writers.server = server;
    }
  } finally {
    await writers.end();
    broken.push(...(await writers.lost(server.port)));
    broken.push(...(await server.end('SIGTERM')).complaints);
    close();
  }
  return { tries: times, broken, recoveryMs };
}

export const DISK_ROWS: readonly ServerRow[] = [
  { name: 'disk full', times: 3, run: fillDisk },
  { name: 'disk full at the start', times: 4, run: startOnFullDisk },
  { name: 'killed while it writes', times: 20, run: killWhileWriting },
];
