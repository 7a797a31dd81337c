// How fast `cs-interact serve` answers signed polls from its SQLite store, on this machine with the load beside it; against a bare
// HTTP server of the same runtime that verifies nothing and reads nothing, in turn. Both are warm: a fleet's server runs for weeks.
//   node_modules/.bin/node scripts/bench/server.ts [--rate 2000] [--seconds 5] [--agents 500] [--rounds 4]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { signRequest } from '../../src/aws/sigv4/sign.ts';
import { printRow } from './row.ts';
import { type LoadResult, runOpenLoop } from './server/open-loop.ts';
import { number, spreadOf } from './spread.ts';

const region = 'eu-west-1';
const program = resolve(import.meta.dirname, '../../dist/bin/cs-interact');
const targetMs = 10;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '5' },
    agents: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '4' },
  },
});
const rate = Number(values.rate);
const durationMs = Number(values.seconds) * 1000;
const agents = Number(values.agents);
const rounds = Number(values.rounds);

const directory = mkdtempSync(join(tmpdir(), 'bench-server-'));
try {
  const keys = Array.from({ length: agents }, (_, index) => agentKey(index));
  writeFileSync(join(directory, 'keys.json'), JSON.stringify({ keys }), { mode: 0o600 });
  const server = await start(program, [
    ...['serve', '--listen', '127.0.0.1:0', '--region', region, '--keys', join(directory, 'keys.json')],
    ...['--data', join(directory, 'fleet.db'), '--admin-socket', join(directory, 'admin.sock')],
  ]);
  const bare = await start(process.execPath, [join(import.meta.dirname, 'server/bare-server.ts')]);
  try {
    importFleet();
    // What the runtime compiles while it is new is reported beside the figure, not in it.
    const first = await measure(server.port);
    await measure(bare.port);
    const figures: Figures[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const polls = await measure(server.port);
      const floor = await measure(bare.port);
      figures.push({ polls, floor });
      process.stderr.write(
        `round ${round}: signed polls ${describe(polls)}; bare server ${describe(floor)}\n`,
      );
    }
    report(first, figures);
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
  const { median, p99, most } = spreadOf(latenciesMs);
  return `${perSecond}/s, median ${number(median)} ms, p99 ${number(p99)} ms, longest ${number(most)} ms`;
}

function report(first: LoadResult, figures: readonly Figures[]): void {
  const p99 = ({ latenciesMs }: LoadResult): number => spreadOf(latenciesMs).p99;
  const inWords = (results: readonly LoadResult[]): string => {
    const { median, p5, p95 } = spreadOf(results.map(p99));
    const middle = spreadOf(results.flatMap(({ latenciesMs }) => latenciesMs)).median;
    return `${number(median)} ms (${number(p5)} to ${number(p95)}, ${rounds} rounds of ${(results[0]!.sent).toLocaleString('en')}), median ${number(middle)} ms`;
  };
  const polls = figures.map((figure) => figure.polls);
  const floor = figures.map((figure) => figure.floor);
  const [ours, theirs] = [polls, floor].map((results) => spreadOf(results.map(p99)).median) as [
    number,
    number,
  ];
  printRow({
    what: `server: signed polls at ${rate.toLocaleString('en')}/s from ${agents} agents, SQLite, p99`,
    against: 'a bare HTTP server of the same runtime',
    ours: `${inWords(polls)}; ${number(p99(first))} ms while new`,
    theirs: inWords(floor),
    ratio: `${number(ours / theirs)} ×`,
    target: `< ${targetMs} ms`,
    isMet: ours < targetMs,
  });
}
