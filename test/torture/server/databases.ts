// A database that is not as it was left, or that another program holds: it is read rightly or not at all, and it is said what to do.
import {
  copyFileSync,
  existsSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
  cpSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { randomInt } from 'node:crypto';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import type { Attempts, ServerRow } from './attack.ts';
import { databaseFile, PATIENCE_MS, ServerProcess } from './server-process.ts';
import { ask } from './steady-client.ts';
import { Writers } from './writers.ts';

const RESTORE =
  /put back a copy|move it away|give (the path of one|another path|that group)|run that version/;

interface Filled {
  readonly directory: string;
  readonly writers: Writers;
}

/** A database of some hundred keys; killed, it still has its log. */
async function fill(directory: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<Filled> {
  const server = await ServerProcess.start({ directory });
  const writers = new Writers(server, 8, 1_000);
  await writers.more(300, PATIENCE_MS);
  await writers.end();
  await server.end(signal);
  return { directory, writers };
}

interface Damage {
  readonly signal: 'SIGTERM' | 'SIGKILL';
  /** To the files of the database at that path. */
  readonly spoil: (path: string) => void;
  /** What is there may be of a moment before, as a whole. */
  readonly mayBeOlder?: true;
}

/** What was acknowledged is read, or the start is refused in one line with what to do; what is read is never something else. */
function damaged({ signal, spoil, mayBeOlder }: Damage) {
  return async (times: number): Promise<Attempts> => {
    const broken: string[] = [];
    const { path, close } = temporaryDirectory();
    let refusals = 0;
    try {
      const { writers } = await fill(path, signal);
      const database = databaseFile(path);
      const suffixes = ['', '-wal', '-shm'].filter((suffix) => existsSync(`${database}${suffix}`));
      for (const suffix of suffixes) cpSync(`${database}${suffix}`, `${database}${suffix}.kept`);
      for (let round = 0; round < times; round += 1) {
        for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(`${database}${suffix}`, { force: true });
        for (const suffix of suffixes) copyFileSync(`${database}${suffix}.kept`, `${database}${suffix}`);
        spoil(database);
        const { problems, isRefused } = await tryStart(path, writers, mayBeOlder === true);
        broken.push(...problems);
        if (isRefused) refusals += 1;
      }
    } finally {
      close();
    }
    if (process.env.TORTURE_FIGURES !== undefined)
      process.stderr.write(`  ${refusals} of ${times} refused at the start\n`);
    return { tries: times, broken, recoveryMs: null };
  };
}

async function tryStart(
  directory: string,
  writers: Writers,
  mayBeOlder: boolean,
): Promise<{ problems: string[]; isRefused: boolean }> {
  let server: ServerProcess;
  try {
    server = await ServerProcess.start({ directory });
  } catch (error) {
    const said = (error as Error).message.replace(/^serve did not start: /, '');
    const isClear = /^cs-interact: --data: [^|]+$/.test(said) && RESTORE.test(said);
    return { problems: isClear ? [] : [`it said: ${said}`], isRefused: true };
  }
  const problems: string[] = [];
  const { status, body } = await ask(server.port, 'GET', '/configuration?raw=true');
  if (status === 200) {
    const found = new Map(Object.entries(JSON.parse(body) as Record<string, string>));
    const missing = [...writers.acknowledged.keys()].filter((key) => !found.has(key));
    // A write may have been made whose answer never came.
    const wrong = [...found].filter(
      ([key, value]) => !value.startsWith(`${key}:x`) || !/^w\d+\.\d+:x{1000}$/.test(value),
    );
    if (!mayBeOlder && missing.length > 0) problems.push(`${missing.length} keys were gone without a word`);
    if (wrong.length > 0) problems.push(`${wrong.length} values are other ones, without a word`);
  } else if (status !== 503) problems.push(`the table is answered ${status} ${body.slice(0, 100)}`);
  problems.push(...(await server.end('SIGTERM')).complaints);
  return { problems, isRefused: false };
}

function flip(path: string, count: number): void {
  const file = openSync(path, 'r+');
  const { size } = statSync(path);
  const content = readFileSync(path);
  for (let left = count; left > 0; left -= 1) {
    const at = randomInt(size);
    writeSync(file, Buffer.from([content[at]! ^ (1 << randomInt(8))]), 0, 1, at);
  }
  closeSync(file);
}

function cut(path: string): void {
  truncateSync(path, randomInt(statSync(path).size));
}

/** Another program has the database, running and starting: nothing is acknowledged, others are still answered, and it goes on when it is free. */
async function heldByAnother(times: number): Promise<Attempts> {
  const broken: string[] = [];
  let recoveryMs = 0;
  const { path: directory, close } = temporaryDirectory();
  const server = await ServerProcess.start({ directory });
  try {
    await ask(server.port, 'POST', '/configuration/kept', { body: 'before' });
    for (let round = 0; round < times; round += 1) {
      const other = new DatabaseSync(databaseFile(directory));
      other.exec('BEGIN IMMEDIATE');
      const [write, read] = await Promise.all([
        ask(server.port, 'POST', '/configuration/kept', { body: 'while held' }),
        ask(server.port, 'GET', '/configuration/kept'),
      ]);
      if (write.status !== 503) broken.push(`a write is answered ${write.status}`);
      if (read.status !== 200 || read.body !== 'before')
        broken.push(`a read is answered ${read.status} ${read.body}`);
      other.exec('ROLLBACK');
      other.close();
      const freeMs = performance.now();
      const after = await ask(server.port, 'POST', '/configuration/kept', { body: 'after' });
      recoveryMs = Math.max(recoveryMs, Math.round(performance.now() - freeMs));
      if (after.status !== 200) broken.push(`afterwards a write is answered ${after.status}`);
      await ask(server.port, 'POST', '/configuration/kept', { body: 'before' });
    }
    if (!(await server.said(/database is locked/))) broken.push('nobody was told');
  } finally {
    broken.push(...(await server.end('SIGTERM')).complaints);
    close();
  }
  return { tries: times, broken, recoveryMs };
}

async function heldAtStart(times: number): Promise<Attempts> {
  const broken: string[] = [];
  const { path: directory, close } = temporaryDirectory();
  try {
    const { writers } = await fill(directory, 'SIGTERM');
    for (let round = 0; round < times; round += 1) {
      const other = new DatabaseSync(databaseFile(directory));
      other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      const { status, lines, complaints } = await ServerProcess.outcome({ directory });
      other.exec('ROLLBACK');
      other.close();
      const isClear =
        lines.length === 1 && lines[0]?.includes(databaseFile(directory)) && /another program/.test(lines[0]);
      if (status !== 75 || !isClear) broken.push(`it ended with ${status}, and said ${lines.join(' | ')}`);
      broken.push(...complaints);
    }
    const server = await ServerProcess.start({ directory });
    broken.push(...(await writers.lost(server.port)), ...(await server.end('SIGTERM')).complaints);
  } finally {
    close();
  }
  return { tries: times, broken, recoveryMs: null };
}

async function twoServers(times: number): Promise<Attempts> {
  const broken: string[] = [];
  const { path: directory, close } = temporaryDirectory();
  const server = await ServerProcess.start({ directory });
  const writers = new Writers(server, 4, 100);
  try {
    for (let round = 0; round < times; round += 1) {
      await writers.more(5, PATIENCE_MS);
      // By another socket of operators, so that the database alone decides.
      const args = ['--admin-socket', `${directory}/other.sock`];
      const { status, lines, complaints } = await ServerProcess.outcome({ directory, args });
      const isClear =
        lines.length === 1 && /^cs-interact: --data: .*in use by a running server; stop/.test(lines[0] ?? '');
      if (status !== 75 || !isClear)
        broken.push(`the second ended with ${status}, and said ${lines.join(' | ')}`);
      broken.push(...complaints);
    }
  } finally {
    await writers.end();
    if (writers.refused.size > 0) broken.push(`writes were answered ${[...writers.refused.keys()].join()}`);
    broken.push(...(await writers.lost(server.port)), ...(await server.end('SIGTERM')).complaints);
    close();
  }
  return { tries: times, broken, recoveryMs: null };
}

export const DATABASE_ROWS: readonly ServerRow[] = [
  {
    name: 'database: one bit flipped',
    times: 20,
    run: damaged({ signal: 'SIGTERM', spoil: (path) => flip(path, 1) }),
  },
  {
    name: 'database: 100 bits flipped',
    times: 20,
    run: damaged({ signal: 'SIGTERM', spoil: (path) => flip(path, 100) }),
  },
  { name: 'database cut short', times: 20, run: damaged({ signal: 'SIGTERM', spoil: cut }) },
  {
    name: "database's log: one bit flipped",
    times: 20,
    run: damaged({ signal: 'SIGKILL', spoil: (path) => flip(`${path}-wal`, 1), mayBeOlder: true }),
  },
  {
    name: "database's log cut short",
    times: 20,
    run: damaged({ signal: 'SIGKILL', spoil: (path) => cut(`${path}-wal`), mayBeOlder: true }),
  },
  {
    name: "database's log removed",
    times: 5,
    run: damaged({ signal: 'SIGKILL', spoil: (path) => rmSync(`${path}-wal`), mayBeOlder: true }),
  },
  { name: 'database locked by another program', times: 2, run: heldByAnother },
  { name: 'database locked at the start', times: 2, run: heldAtStart },
  { name: 'two servers on one database', times: 10, run: twoServers },
];
