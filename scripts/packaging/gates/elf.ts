// What the gates ask of an ELF file, as binutils' readelf tells it, which reads any architecture's.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';

export interface Elf {
  /** `e_machine` of the header. */
  readonly machine: number;
  /** Sonames, in the file's order. */
  readonly needed: readonly string[];
  readonly runpaths: readonly string[];
  readonly rpaths: readonly string[];
  /** The versions of other objects' symbols that it needs: `GLIBC_2.17`, ... */
  readonly symbolVersions: readonly string[];
  readonly hasExecutableStack: boolean;
  /** The relocated part read-only, and all of it relocated before the program runs. */
  readonly hasFullRelro: boolean;
  readonly isStripped: boolean;
}

const HEADER_SIZE = 20;
const MACHINE_OFFSET = 18;
const READELF_FLAGS = [
  '--wide',
  '--program-headers',
  '--section-headers',
  '--dynamic',
  '--version-info',
] as const;
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

/** Whether a file is an ELF, whatever its name. */
export function isElf(path: string): boolean {
  return headerOf(path).subarray(0, 4).toString('latin1') === '\x7fELF';
}

/**
 * Reads one. Throws when readelf fails, warns, or shows no symbol version: every program and library of ours needs the C
 * library, so that nothing seen means nothing read.
 */
export function readElf(path: string): Elf {
  const output = readelf(path);
  const dynamic = (tag: string): string[] =>
    [...output.matchAll(new RegExp(`^ 0x[0-9a-f]+ \\(${tag}\\)\\s.*\\[(.*)\\]$`, 'gm'))].map(
      ([, value]) => value as string,
    );
  const symbolVersions = neededVersions(output);
  if (symbolVersions.length === 0) throw new Error('readelf shows no versions of needed symbols');
  const stack = /^\s*GNU_STACK\s.*\s([R ][W ][E ])\s+0x[0-9a-f]+$/m.exec(output)?.[1];
  return {
    machine: headerOf(path).readUInt16LE(MACHINE_OFFSET),
    needed: dynamic('NEEDED'),
    runpaths: dynamic('RUNPATH'),
    rpaths: dynamic('RPATH'),
    symbolVersions,
    // Without the header the kernel grants an executable one.
    hasExecutableStack: stack === undefined || stack.includes('E'),
    hasFullRelro:
      /^\s*GNU_RELRO\s/m.test(output) && /\((?:FLAGS|FLAGS_1)\)\s.*\b(?:BIND_NOW|NOW)\b/.test(output),
    isStripped: !/^\s*\[\s*\d+\] \.(?:symtab|debug_\w+|zdebug_\w+)\s/m.test(output),
  };
}

function neededVersions(output: string): string[] {
  const section = /^Version needs section .*\n((?:[ ].*\n)+)/m.exec(output)?.[1] ?? '';
  return [...section.matchAll(/\bName: (\S+)/g)].map(([, name]) => name as string);
}

function readelf(path: string): string {
  let said = '';
  try {
    said = execFileSync('sh', ['-c', 'exec readelf "$@" 2>&1', 'readelf', ...READELF_FLAGS, path], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      maxBuffer: MAX_OUTPUT_BYTES,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`readelf fails: ${complaint(stdout) ?? (error as Error).message}`, { cause: error });
  }
  const warning = complaint(said);
  if (warning !== undefined) throw new Error(`readelf warns: ${warning}`);
  return said;
}

function complaint(output: string): string | undefined {
  return /^readelf: (.*)$/m.exec(output)?.[1];
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, HEADER_SIZE, 0);
  } finally {
    closeSync(file);
  }
  return header;
}
