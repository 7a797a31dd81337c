// Files that a starting agent finds in its state directory and that are not what it wrote: it starts, says so in one line, and
// changes nothing of the firewall for it.
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { AwsScene } from '../../e2e/agent/aws-scene.ts';
import { INSTANCE_ID, IS_REAL_ROOT } from '../../fixtures/programs.ts';
import { says } from '../../e2e/agent/scripted-api.ts';
import type { LogLine } from '../../fixtures/log-lines.ts';
import { inWorld, isOfBusyMachine, type ProcessWorld, STANCES } from './process-world.ts';
import type { ProcessRow, Trial } from './trial.ts';

const HUGE_BYTES = 3 * 2 ** 30;
const DEEP = 200_000;
const FUTURE_WALL_MS = 4e12;
const FUTURE_MONOTONIC_MS = 9e13;
const NOBODY = 65_534;
const OTHER_ID = 'i-00000000000000000';
const MAX_RESIDENT_BYTES = 160 * 2 ** 20;
const HELD_POLLS = 2;
/** Of a table that is owned by nobody or by the agent: its rules, with handles. */
const LIST = ['-s', '-a', 'list', 'chain', 'inet', 'cs-instance-watcher', 'new-connection'];
const ENDS_WITHIN_MS = 2_000;

interface Found {
  readonly name: string;
  /** Makes it of the file that an agent wrote. */
  readonly put: (path: string, written: string) => void;
  /** Whether a record like this is one to go by. */
  readonly isGood?: true;
  /** It is in the way of the next one, too. */
  readonly staysInTheWay?: true;
}

/** In place of the file, whatever it was. */
const text = (content: (written: string) => string | Buffer) => (path: string, written: string) => {
  rmSync(path, { force: true, recursive: true });
  writeFileSync(path, content(written), { mode: 0o600 });
};

const FOUND: readonly Found[] = [
  { name: 'empty', put: text(() => '') },
  { name: 'truncated', put: text((written) => written.slice(0, written.length / 2)) },
  { name: 'binary', put: text(() => randomBytes(4096)) },
  { name: 'nested deeply', put: text(() => '['.repeat(DEEP) + ']'.repeat(DEEP)) },
  {
    name: 'a member nested deeply',
    put: text((written) => written.replace(/\}\s*$/, `,"more":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`)),
    isGood: true,
  },
  { name: "another version's", put: text((written) => written.replace(/"version": \d+/, '"version": 99')) },
  {
    name: 'of 3 GB',
    put: (path) => {
      writeFileSync(path, '{');
      truncateSync(path, HUGE_BYTES);
    },
  },
  {
    name: 'a directory',
    put: (path) => {
      rmSync(path, { force: true });
      mkdirSync(`${path}/in-the-way`, { recursive: true });
    },
    staysInTheWay: true,
  },
  {
    name: 'a FIFO',
    put: (path) => {
      rmSync(path, { force: true });
      execFileSync('mkfifo', [path]);
    },
  },
  {
    name: 'a link to elsewhere',
    put: (path) => {
      rmSync(path, { force: true });
      symlinkSync('/etc/passwd', path);
    },
  },
  {
    name: 'a link to nowhere',
    put: (path) => {
      rmSync(path, { force: true });
      symlinkSync('/nonexistent/elsewhere', path);
    },
    isGood: true,
  },
  ...(IS_REAL_ROOT
    ? [
        {
          name: "another user's",
          put: (path: string) => chownSync(path, NOBODY, NOBODY),
          isGood: true,
        } as const,
      ]
    : []),
  {
    name: 'of a time to come',
    put: text((written) =>
      written
        .replace(/"stateSinceWallMs": \d+/g, `"stateSinceWallMs": ${FUTURE_WALL_MS}`)
        .replace(/"sinceWallMs": \d+/g, `"sinceWallMs": ${FUTURE_WALL_MS}`),
    ),
    isGood: true,
  },
];

/** A drain of which the clock of this boot says that it is still to begin. */
const FUTURE_DRAIN: Found = {
  name: 'of a drain to come',
  put: text((written) =>
    written.replace(/"sinceMonotonicMs": [\d.]+/g, `"sinceMonotonicMs": ${FUTURE_MONOTONIC_MS}`),
  ),
};

const ANOTHER_INSTANCE = "another instance's";
const OTHER_RECORD: Found = {
  name: ANOTHER_INSTANCE,
  put: text((written) => written.replaceAll(INSTANCE_ID, OTHER_ID)),
};
/** Learned by another instance, so in another boot. */
const OTHER_CONTEXT: Found = {
  name: ANOTHER_INSTANCE,
  put: text((written) =>
    written.replaceAll(INSTANCE_ID, OTHER_ID).replace(/"bootId": "[^"]+"/, `"bootId": "${randomUUID()}"`),
  ),
};

export const FOUND_ROWS: readonly ProcessRow[] = [
  ...[...FOUND, OTHER_RECORD].map(
    (found): ProcessRow => ({
      name: `record found ${found.name}`,
      stances: STANCES,
      withinMs: 0,
      attempt: (stance) => inWorld(stance, (world) => tryRecord(world, found)),
    }),
  ),
  {
    name: `record found ${FUTURE_DRAIN.name}`,
    stances: ['draining'],
    withinMs: 0,
    attempt: (stance) => inWorld(stance, (world) => tryRecord(world, FUTURE_DRAIN)),
  },
  ...[...FOUND, OTHER_CONTEXT].map(
    (found): ProcessRow => ({
      name: `context file found ${found.name}`,
      stances: ['draining'],
      withinMs: 0,
      attempt: () => tryContext(found),
    }),
  ),
];

/** Killed, its record spoiled, started while the API is silent, and then not. */
async function tryRecord(world: ProcessWorld, found: Found): Promise<Trial> {
  await world.start();
  await world.agent.log.waitFor('state-changed');
  await world.until('the record is written', () => world.recorded() !== null);
  await world.agent.kill();
  const path = `${world.stateDirectory}/record.json`;
  found.put(path, readFileSync(path, 'utf8'));
  const table = await world.ruleset();
  const broken: string[] = [];
  world.scene.api.reply = (request) => void request.socket.resetAndDestroy();
  const agent = world.boot();
  try {
    await agent.log.waitFor('started');
    await world.scene.api.further(HELD_POLLS);
    broken.push(...(await world.broken('without an answer', table)));
    if ((await world.status()) === null) broken.push('no status while nothing is known');
    world.scene.api.reply = says(world.stance);
    await agent.log.waitFor('hold-ended');
    await world.scene.api.further(HELD_POLLS);
    broken.push(...(await world.broken('answered', table)), ...oversize(agent.pid));
    const told = agent.log.lines.filter(({ level }) => level === 'warn' || level === 'error');
    const expected = [
      ...(found.isGood ? [] : ['record-ignored']),
      'hold-began',
      ...(found.staysInTheWay ? ['degraded'] : []),
    ];
    broken.push(...brokenBy(told, expected));
    if (found.staysInTheWay) {
      rmSync(path, { recursive: true });
      await agent.log.waitFor('recovered');
    }
    if (world.recorded() === null) broken.push('the record was not written anew');
    for (const state of [world.opposite, world.stance]) await world.follow(state);
    broken.push(...(await world.stopped(ENDS_WITHIN_MS)));
  } catch (error) {
    broken.push(error instanceof Error ? error.message.slice(0, 500) : String(error));
  }
  return { broken, recoveryMs: null };
}

/** Lines of just these events, in whatever order. */
function brokenBy(told: readonly LogLine[], expected: readonly string[]): string[] {
  const events = told.map(({ event }) => event).sort();
  if (events.join() === expected.toSorted().join()) return [];
  return [`lines: ${told.map(({ event, message }) => `${event}: ${message}`).join(' | ')}`];
}

/** Everything is learned anew where the context kept is not one, and kept. */
async function tryContext(found: Found): Promise<Trial> {
  const closers: (() => unknown)[] = [];
  const broken: string[] = [];
  try {
    const aws = await AwsScene.create({
      after: (close: () => unknown) => void closers.push(close),
    } as unknown as TestContext);
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    const first = aws.start();
    await first.log.waitFor('table-installed');
    const path = aws.scene.path('state/context.json');
    const written = readFileSync(path, 'utf8');
    await first.kill();
    found.put(path, written);
    const table = await aws.scene.namespace.run('nft', LIST);
    const second = aws.start();
    await second.log.waitFor('state-confirmed');
    await aws.api.further(HELD_POLLS);
    if ((await aws.scene.namespace.run('nft', LIST)) !== table) broken.push('the table was replaced');
    broken.push(...oversize(second.pid));
    const told = second.log.lines.filter(
      (line) => (line.level === 'warn' || line.level === 'error') && !isOfBusyMachine(line),
    );
    const expected = found.staysInTheWay ? ['degraded'] : [];
    broken.push(...brokenBy(told, expected));
    if (!found.staysInTheWay && readFileSync(path, 'utf8') !== written && !found.isGood)
      broken.push('what was learned anew is not kept');
    await aws.fleet.setState(INSTANCE_ID, 'running');
    await second.log.waitFor('table-removed');
    aws.keepSecrets();
  } catch (error) {
    broken.push(error instanceof Error ? error.message.slice(0, 500) : String(error));
  } finally {
    for (const close of closers.toReversed()) await close();
  }
  return { broken, recoveryMs: null };
}

function oversize(pid: number): string[] {
  const resident =
    Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  return resident < MAX_RESIDENT_BYTES ? [] : [`${Math.round(resident / 2 ** 20)} MB at the highest`];
}
