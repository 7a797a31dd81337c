// Measures and prints the rows of firewall.ts, inside the network namespace that it made. Every comparison takes its turns in the
// same rounds; the table is absent before each installation.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Firewall } from '../../../src/firewall/firewall.ts';
import { openFirewall } from '../../../src/firewall/native-firewall.ts';
import type { Ownership, Ruleset } from '../../../src/firewall/ruleset.ts';
import { printRow } from '../row.ts';
import { inWords, number, spreadOf } from '../spread.ts';
import { heldMs } from './held-loop.ts';
import { OldTool } from './old-tool.ts';
import { Reference } from './reference.ts';
import { spawnedMs } from './spawned.ts';

const PER_TURN = 40;
const TABLE = ['inet', 'cs-instance-watcher'];
const FEW = rulesetOf(16);
const MANY = rulesetOf(1024);

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    // Somewhere on this machine there is a base chain at prerouting, as there is with Docker, kube-proxy or iptables.
    beside: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const [referencePath = '', work = ''] = positionals;

const ours = openFirewall({ ownership: 'auto' });
const plain = openFirewall({ ownership: 'plain' });
const ownership: Ownership = (await ours.probe()).ownerPersist ? 'owned' : 'plain';
const reference = new Reference(referencePath, ownership);
const oldTool = new OldTool();
try {
  await measureFew(await nftFile(FEW));
  if (!values.beside) {
    await measureMany(await nftFile(MANY));
    await measureLoop();
  }
} finally {
  await reference.close();
  await oldTool.close();
  ours.close();
  plain.close();
}

/** 16 ports: every alternative. */
async function measureFew(file: string): Promise<void> {
  const apply: number[] = [];
  const idle: number[] = [];
  const plainApply: number[] = [];
  const plainRemove: number[] = [];
  const inC: number[] = [];
  const lookInC: number[] = [];
  const nft: number[] = [];
  const nftDelete: number[] = [];
  const spawns: number[] = [];
  await applies(ours, FEW, 100);
  await applies(plain, FEW, 100);
  for (let round = 0; round < rounds; round += 1) {
    apply.push(...(await applies(ours, FEW, PER_TURN)).apply);
    inC.push(...(await reference.apply(FEW, PER_TURN)));
    lookInC.push(...(await reference.look(FEW, PER_TURN)));
    await reference.remove();
    idle.push(...(await looks(ours, FEW, PER_TURN)));

    const turn = await applies(plain, FEW, PER_TURN);
    plainApply.push(...turn.apply);
    plainRemove.push(...turn.remove);
    nft.push(await spawnedMs('nft', ['-f', file]));
    nftDelete.push(await spawnedMs('nft', ['delete', 'table', ...TABLE]));
    spawns.push(await oldTool.refuse(FEW.ports.map(({ first }) => first)));
  }
  const ports = values.beside ? "16 ports, beside others' chain at prerouting" : '16 ports';
  const what = `apply, ${ports}`;
  compare(what, `the same steps in C on libnftnl, ${ownership}`, apply, inC, { atMost: 1.7 });
  compare(`apply of what is installed already, ${ports}`, 'the read-back in C', idle, lookInC, null);
  compare(`${what}, plain`, '`nft -f` spawned', plainApply, nft, { timesFaster: 10 });
  compare(what, "the old tool's way, 16 + 4 iptables spawned", apply, spawns, { timesFaster: 150 });
  compare(`remove, ${ports}, plain`, '`nft delete table` spawned', plainRemove, nftDelete, {
    timesFaster: 100,
  });
}

/** 1,024 ports, no two of them adjacent. */
async function measureMany(file: string): Promise<void> {
  const apply: number[] = [];
  const inC: number[] = [];
  const plainApply: number[] = [];
  const nft: number[] = [];
  await applies(ours, MANY, 10);
  await reference.apply(MANY, 10);
  await reference.remove();
  for (let round = 0; round < rounds; round += 1) {
    apply.push(...(await applies(ours, MANY, 2)).apply);
    inC.push(...(await reference.apply(MANY, 2)));
    await reference.remove();
    plainApply.push(...(await applies(plain, MANY, 2)).apply);
    nft.push(await spawnedMs('nft', ['-f', file]));
    await plain.remove();
  }
  const what = 'apply, 1,024 scattered ports';
  compare(what, `the same steps in C on libnftnl, ${ownership}`, apply, inC, { atMost: 1.25 });
  compare(`${what}, plain`, '`nft -f` spawned', plainApply, nft, { timesFaster: 2.5 });
}

/** How long the JavaScript thread is held. */
async function measureLoop(): Promise<void> {
  for (const { what, ruleset, times, targetMs } of [
    { what: '16 ports', ruleset: FEW, times: 20 * rounds, targetMs: 0.2 },
    { what: '1,024 scattered ports', ruleset: MANY, times: 2 * rounds, targetMs: null },
  ]) {
    const held: number[] = [];
    const took: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const begunMs = performance.now();
      held.push(await heldMs(() => ours.apply(ruleset)));
      took.push(performance.now() - begunMs);
      await ours.remove();
    }
    const { p99 } = spreadOf(held);
    printRow({
      what: `event loop blocked by an apply, ${what}`,
      against: 'all of the apply',
      ours: `p99 ${number(p99)} ms; median ${inWords(spreadOf(held), 'ms')}`,
      theirs: inWords(spreadOf(took), 'ms'),
      ratio: '',
      target: targetMs === null ? '' : `< ${targetMs} ms at p99`,
      isMet: targetMs === null ? null : p99 < targetMs,
    });
  }
}

type Target = { readonly atMost: number } | { readonly timesFaster: number };

function compare(
  what: string,
  against: string,
  oursMs: readonly number[],
  theirsMs: readonly number[],
  target: Target | null,
): void {
  const [a, b] = [spreadOf(oursMs), spreadOf(theirsMs)];
  const isFaster = target !== null && 'timesFaster' in target;
  const ratio = isFaster ? b.median / a.median : a.median / b.median;
  printRow({
    what,
    against,
    ours: inWords(a, 'ms'),
    theirs: inWords(b, 'ms'),
    ratio: isFaster ? `${number(ratio)} × faster` : `${number(ratio)} ×`,
    target: target === null ? '' : isFaster ? `≥ ${target.timesFaster} × faster` : `≤ ${target.atMost} ×`,
    isMet: target === null ? null : isFaster ? ratio >= target.timesFaster : ratio <= target.atMost,
  });
}

/** Milliseconds of each of `times` installations and removals. */
async function applies(
  firewall: Firewall,
  ruleset: Ruleset,
  times: number,
): Promise<{ apply: readonly number[]; remove: readonly number[] }> {
  const apply: number[] = [];
  const remove: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const begunMs = performance.now();
    await firewall.apply(ruleset);
    const appliedMs = performance.now();
    await firewall.remove();
    apply.push(appliedMs - begunMs);
    remove.push(performance.now() - appliedMs);
  }
  return { apply, remove };
}

/** Milliseconds of each of `times` applies of the table that is there already; it is removed in the end. */
async function looks(firewall: Firewall, ruleset: Ruleset, times: number): Promise<readonly number[]> {
  await firewall.apply(ruleset);
  const looked: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const begunMs = performance.now();
    await firewall.apply(ruleset);
    looked.push(performance.now() - begunMs);
  }
  await firewall.remove();
  return looked;
}

/** A file for `nft -f`: what it lists of our plain table, without the counts. Throws when the reference program or that file make another table. */
async function nftFile(ruleset: Ruleset): Promise<string> {
  const file = join(work, `${ruleset.ports.length}.nft`);
  // After the name of an owned table, nft names the program that owns it.
  const list = (): string =>
    execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }).replace(/ # progname .*/, '');
  await plain.apply(ruleset);
  const listed = list();
  writeFileSync(file, listed.replaceAll(' counter packets 0 bytes 0', ''));
  await plain.remove();
  await spawnedMs('nft', ['-f', file]);
  mustBeSame('nft -f', list(), listed);
  await plain.remove();

  await ours.apply(ruleset);
  const owned = list();
  await ours.remove();
  await reference.apply(ruleset, 1);
  mustBeSame('the reference program', list(), owned);
  await reference.remove();
  return file;
}

function mustBeSame(who: string, theirs: string, expected: string): void {
  if (theirs !== expected)
    throw new Error(`${who} made another table than the product:\n${theirs}\n${expected}`);
}

/** Single ports from 1,000 on, each 7 from the one before. */
function rulesetOf(count: number): Ruleset {
  const ports = Array.from({ length: count }, (_, index) => {
    const port = 1000 + 7 * index;
    return { first: port, last: port };
  });
  return { ports, allowFrom: [], includeLoopback: false, closing: false };
}
