// What the server acknowledged is there after any number of kills, however many wrote at the time.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { INTERACT } from '../../fixtures/programs.ts';
import { createSignedClient, Writers } from './durability-writers.ts';

const region = 'eu-west-3';
const key = {
  accessKeyId: 'AKIDOPERATOR',
  secretAccessKey: 'a-secret-of-the-tests',
  caller: 'AIDAOPERATOR',
  userArn: 'arn:aws:iam::111111111111:user/operator',
  allow: ['*'],
};
const writerCount = 1_000;
const kills = 20;
const acknowledgedBetweenKills = 20;

for (const place of ['SQLite', 'DynamoDB'] as const) {
  test(`${writerCount} writers through ${kills} kills, kept in ${place}`, {
    timeout: 120_000,
  }, async (context) => {
    const server = await createServer(context, place);
    const origin = await server.start('127.0.0.1:0', place === 'DynamoDB' ? ['--create-tables'] : []);
    const client = createSignedClient(origin, region, key);
    context.after(() => client.close());
    const writers = new Writers(client, writerCount);
    writers.resume();
    for (let kill = 0; kill < kills; kill++) {
      await writers.untilAcknowledged(acknowledgedBetweenKills);
      // At any moment of a commit.
      await setTimeout(Math.random() * 20);
      writers.pause();
      await server.kill();
      await server.start(new URL(origin).host);
      writers.resume();
    }
    await writers.end();
    const { status, body } = await client.send(await client.sign('GET', '/configuration?raw=true'));
    assert.equal(status, 200);
    const found = JSON.parse(body) as Record<string, string>;
    const lost = [...writers.acknowledged].filter(([name, value]) => found[name] !== value);
    assert.deepEqual(lost, []);
    assert.ok(writers.acknowledged.size >= kills * acknowledgedBetweenKills);
    context.diagnostic(`${writers.acknowledged.size} acknowledged, ${Object.keys(found).length} found`);
  });
}

interface Server {
  /** Resolves with the origin once it listens there. */
  start(listen: string, more?: readonly string[]): Promise<string>;
  kill(): Promise<void>;
}

async function createServer(context: TestContext, place: 'SQLite' | 'DynamoDB'): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'cs-durability-'));
  const keys = join(directory, 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: [key] }), { mode: 0o600 });
  const { args, env } =
    place === 'SQLite'
      ? { args: ['--data', join(directory, 'store.db')], env: {} }
      : { args: ['--dynamodb'], env: await startTables(context) };
  const common = [
    'serve',
    '--region',
    region,
    '--keys',
    keys,
    '--admin-socket',
    join(directory, 'admin.sock'),
  ];
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  };
  context.after(async () => {
    await kill();
    rmSync(directory, { recursive: true });
  });
  return {
    async start(listen, more = []) {
      child = spawn(INTERACT, [...common, '--listen', listen, ...args, ...more], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH, ...env },
      });
      return (JSON.parse(await firstLine(child)) as { listening: string }).listening;
    },
    kill,
  };
}

/** A DynamoDB that is not killed, and the environment by which it is found. */
async function startTables(context: TestContext): Promise<Record<string, string>> {
  const program = fileURLToPath(new URL('durability-dynalite.ts', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(async () => {
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
  });
  return {
    AWS_ENDPOINT_URL_DYNAMODB: await firstLine(child),
    AWS_ACCESS_KEY_ID: 'AKIDTABLES',
    AWS_SECRET_ACCESS_KEY: 'another-secret-of-the-tests',
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'close').then(([status]) => {
      throw new Error(`the program ended with status ${status} before it said anything`);
    }),
  ]);
  return String(line);
}
