// What the installed table costs the traffic that it does not refuse: throughput and new connections a second between two network
// namespaces, with a table of 1 range and of 4,096 against none. The ports under load are not among them: every SYN of theirs
// is looked up. As root.
//   node_modules/.bin/node scripts/bench/traffic.ts [--rounds 22] [--milliseconds 100]
//
// One client, three servers, each with another of these tables: so no measurement sees one installed or taken away, and the next
// comes at once. The tables change places twice, and each is equally often at each server.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createNamespace, type Namespace } from '../../test/fixtures/netns.ts';
import { printRow } from './row.ts';
import { confidence95, inWords, number, spreadOf } from './spread.ts';
import { type Kind, Load } from './traffic/load.ts';
import { Server } from './traffic/server.ts';

/** Of what there is without a table. */
const TARGET = 98;
/** The ranges of each table; 0 is no table. */
const TABLES = [0, 1, 4096];
const KINDS = [
  { kind: 'bulk', what: 'throughput', unit: 'Gbit/s', factor: 8e-9 },
  { kind: 'connections', what: 'connections opened, accepted and closed', unit: '/s', factor: 1 },
] as const satisfies readonly { kind: Kind; what: string; unit: string; factor: number }[];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '22' },
    milliseconds: { type: 'string', default: '100' },
  },
});
const rounds = Number(values.rounds);
const milliseconds = Number(values.milliseconds);

// Also of the processes in the namespaces: the addon that is shipped.
process.env.CS_NATIVE_DIR ??= join(import.meta.dirname, '../../dist/native');
const work = mkdtempSync(join(tmpdir(), 'bench-traffic-'));
const namespaces: Namespace[] = [];
try {
  const program = join(work, 'traffic');
  const source = join(import.meta.dirname, 'traffic/traffic.c');
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source]);
  const client = await createNamespace();
  namespaces.push(client);
  const servers: Server[] = [];
  for (const index of TABLES.keys()) {
    const namespace = await createNamespace();
    namespaces.push(namespace);
    servers.push(await Server.join(namespace, client, index));
  }
  for (const { kind, what, unit, factor } of KINDS) {
    const measured = await measure(kind, program, servers);
    const [without = [], ...withTable] = measured.map((rates) => rates.map((rate) => factor * rate));
    for (const [index, rates] of withTable.entries()) {
      const ranges = TABLES[index + 1]!;
      const table = `${ranges.toLocaleString('en')} ${ranges === 1 ? 'range' : 'ranges'}`;
      report(`${what}, a table of ${table}`, unit, rates, without);
    }
  }
  for (const server of servers) await server.close();
} finally {
  for (const namespace of namespaces) await namespace.close();
  rmSync(work, { recursive: true, force: true });
}

/** The rates by table, one of each for every round. */
async function measure(
  kind: Kind,
  program: string,
  servers: readonly Server[],
): Promise<readonly number[][]> {
  const measured = TABLES.map((): number[] => []);
  const loads = await Promise.all(servers.map((server) => Load.start(kind, program, server)));
  for (const place of TABLES.keys()) {
    const loadOf = (table: number): Load => loads[(table + place) % loads.length]!;
    for (const [table, ranges] of TABLES.entries()) {
      await servers[(table + place) % servers.length]!.refuse(ranges);
      await loadOf(table).run(milliseconds);
    }
    for (let round = 0; round < rounds; round += 1) {
      // There and back: what drifts within a round favours none.
      const order = [...TABLES.keys()];
      const sums = TABLES.map(() => 0);
      for (const table of [...order, ...order.toReversed()])
        sums[table]! += await loadOf(table).run(milliseconds);
      for (const [table, sum] of sums.entries()) measured[table]!.push(sum / 2);
    }
  }
  for (const load of loads) await load.close();
  return measured;
}

/** A pair is the means of one round; of their ratios the geometric mean, which favours neither side of a pair. */
function report(what: string, unit: string, withTable: readonly number[], without: readonly number[]): void {
  const { mean, from, to } = confidence95(withTable.map((rate, round) => Math.log(rate / without[round]!)));
  const percent = (logarithm: number): string => number(100 * Math.exp(logarithm));
  printRow({
    what,
    against: 'no table',
    ours: inWords(spreadOf(withTable), unit),
    theirs: inWords(spreadOf(without), unit),
    ratio: `${percent(mean)} % (95 % confidence: ${percent(from)} to ${percent(to)})`,
    target: `≥ ${TARGET} %`,
    isMet: from >= Math.log(TARGET / 100),
  });
}
