// How many signed polls a second `cs-interact serve` answers from its SQLite store, and how fast, on this machine with the
// load beside it; against a bare HTTP server of the same runtime that verifies nothing and reads nothing.
//   node_modules/.bin/node scripts/bench/polls.ts [--rate 2000] [--seconds 20] [--agents 500] [--rounds 3]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { signRequest } from '../../src/aws/sigv4/sign.ts';
import { type LoadResult, runOpenLoop } from './open-loop.ts';

const region = 'eu-west-1';
const program = resolve(import.meta.dirname, '../../dist/bin/cs-interact');

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '20' },
    agents: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
  },
});
const rate = Number(values.rate);
const durationMs = Number(values.seconds) * 1000;
const agents = Number(values.agents);
const rounds = Number(values.rounds);

const directory = mkdtempSync(join(tmpdir(), 'bench-polls-'));
try {
  const keys = Array.from({ length: agents }, (_, index) => agentKey(index));
  writeFileSync(join(directory, 'keys.json'), JSON.stringify({ keys }), { mode: 0o600 });
  const server = await start(program, [
    ...['serve', '--listen', '127.0.0.1:0', '--region', region, '--keys', join(directory, 'keys.json')],
    ...['--data', join(directory, 'fleet.db'), '--admin-socket', join(directory, 'admin.sock')],
  ]);
  const bare = await start(process.execPath, [join(import.meta.dirname, 'bare-server.ts')]);
  try {
    importFleet();
    const figures: Figures[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const polls = await measure(server.port);
      const floor = await measure(bare.port);
      figures.push({ polls, floor });
      print(`round ${round}: signed polls ${describe(polls)}; bare server ${describe(floor)}`);
    }
    summarise(figures);
  } finally {
    await stop(server.child);
    await stop(bare.child);
  }
} finally {
  rmSync(directory, { recursive: true });
}

interface Figures {
  readonly polls: LoadResult;
  readonly floor: LoadResult;
}

function agentKey(index: number) {
  const id = instanceId(index);
  return {
    accessKeyId: `AKIDBENCH${index}`,
    secretAccessKey: `secret-of-${index}`,
    caller: `AROABENCH:${id}`,
    userArn: `arn:aws:sts::111111111111:assumed-role/web/${id}`,
  };
}

function instanceId(index: number): string {
  return `i-${index.toString(16).padStart(17, '0')}`;
}

function importFleet(): void {
  const instances = Array.from({ length: agents }, (_, index) => ({
    id: instanceId(index),
    az: 'eu-west-1a',
    type: 'm5.large',
    tags: { Name: `web-${index}`, 'clonesquad:group-name': 'bench', 'aws:ec2launchtemplate:version': '1' },
  }));
  const file = join(directory, 'fleet.json');
  writeFileSync(file, JSON.stringify({ instances }));
  execFileSync(program, ['import', file, '--admin-socket', join(directory, 'admin.sock')]);
}

/** Requests are signed before the clock starts: the load is the server's work, not the signers'. */
async function measure(port: number): Promise<LoadResult> {
  const url = new URL(`http://127.0.0.1:${port}/v1/metadata`);
  const requests = await Promise.all(
    Array.from({ length: agents }, async (_, index) => {
      const { accessKeyId, secretAccessKey } = agentKey(index);
      const unsigned = { method: 'GET', url, headers: {} };
      const scope = { region, service: 'execute-api' };
      const { headers } = await signRequest(unsigned, scope, { accessKeyId, secretAccessKey }, Date.now());
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return Buffer.from(`GET ${url.pathname} HTTP/1.1\r\n${lines.join('')}\r\n`);
    }),
  );
  const result = await runOpenLoop({
    port,
    ratePerSecond: rate,
    durationMs,
    connections: agents,
    request: (index) => requests[index % agents]!,
  });
  const refused = result.sent - (result.statuses.get(200) ?? 0);
  if (refused > 0) throw new Error(`${refused} of ${result.sent} polls were not answered with 200`);
  return result;
}

async function start(
  command: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  const { listening } = JSON.parse(line) as { listening: string };
  return { child, port: Number(new URL(listening).port) };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function describe({ sent, elapsedMs, latenciesMs }: LoadResult): string {
  const perSecond = Math.round((sent * 1000) / elapsedMs);
  return `${perSecond}/s, median ${at(latenciesMs, 0.5)} ms, p99 ${at(latenciesMs, 0.99)} ms, max ${at(latenciesMs, 1)} ms`;
}

function summarise(figures: readonly Figures[]): void {
  const medianOf = (pick: (figure: Figures) => number) => {
    const sorted = figures.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const p99 = ({ latenciesMs }: LoadResult) => latenciesMs[Math.floor((latenciesMs.length - 1) * 0.99)]!;
  const perSecond = ({ sent, elapsedMs }: LoadResult) => (sent * 1000) / elapsedMs;
  const served = medianOf(({ polls }) => perSecond(polls));
  const pollsP99 = medianOf(({ polls }) => p99(polls));
  const floorP99 = medianOf(({ floor }) => p99(floor));
  print(
    `${availableParallelism()} cores, ${agents} agents, ${rate}/s offered for ${durationMs / 1000} s, median of ${rounds}: ` +
      `${served.toFixed(0)}/s served, all 200, p99 ${pollsP99.toFixed(1)} ms, ` +
      `${(pollsP99 / floorP99).toFixed(1)} times the bare server's ${floorP99.toFixed(1)} ms`,
  );
}

function at(sorted: readonly number[], quantile: number): string {
  return sorted[Math.floor((sorted.length - 1) * quantile)]!.toFixed(1);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
