// What each ELF file of a tree may need, so that it loads on every host of the fleet: glibc 2.28, libstdc++ of gcc 10.
import { ARCH_NAMES, type Arch } from '../arch.ts';
import { type Elf, isElf, readElf } from './elf.ts';

interface Rule {
  /** What it cannot do without: a file that stopped linking to them is not what it says it is. */
  readonly mustNeed: readonly string[];
  readonly mayNeed: readonly string[];
  readonly runpath?: string;
  /** Left as its publisher made it, so that it can be compared to what was published. */
  readonly isAsPublished?: boolean;
}

/** The highest version of each family. Debian 11 has exactly these libstdc++ versions; RHEL 8 has this glibc. */
const CEILINGS: Readonly<Record<string, string>> = {
  GLIBC: '2.28',
  GLIBCXX: '3.4.28',
  CXXABI: '1.3.12',
  GCC: '7.0.0',
};
/** Of the libraries that are beside the addon, and so always as new as it is. */
const BUNDLED_FAMILIES = ['LIBNFTNL', 'LIBMNL'];

const RULES: Readonly<Record<string, Rule>> = {
  'native/addon.node': {
    mustNeed: ['libnftnl.so.11', 'libmnl.so.0', 'libc.so.6'],
    // libpthread.so.0: an empty shell since glibc 2.34.
    mayNeed: ['libstdc++.so.6', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0'],
    runpath: '$ORIGIN',
  },
  // Without a path of its own: the addon links libmnl too, so it is there already when libnftnl asks.
  'native/libnftnl.so.11': { mustNeed: ['libmnl.so.0', 'libc.so.6'], mayNeed: [] },
  'native/libmnl.so.0': { mustNeed: ['libc.so.6'], mayNeed: [] },
  'runtime/node': {
    mustNeed: ['libc.so.6'],
    mayNeed: ['libdl.so.2', 'libstdc++.so.6', 'libm.so.6', 'libgcc_s.so.1', 'libpthread.so.0'],
    isAsPublished: true,
  },
};

/** What is wrong with one file of the tree, of whatever kind; nothing where it is not an ELF. */
export function elfProblems(file: string, path: string, arch: Arch): readonly string[] {
  try {
    if (!isElf(file)) return path in RULES ? [`${path}: is no ELF file`] : [];
    const rule = RULES[path];
    if (rule === undefined) return [`${path}: is an ELF file, and none belongs here`];
    return ruleProblems(readElf(file), rule, arch).map((problem) => `${path}: ${problem}`);
  } catch (error) {
    return [`${path}: cannot be judged: ${(error as Error).message}`];
  }
}

function ruleProblems(elf: Elf, rule: Rule, arch: Arch): string[] {
  const { mustNeed, mayNeed, runpath, isAsPublished = false } = rule;
  const { elfMachine, loader } = ARCH_NAMES[arch];
  const known = [...mustNeed, ...mayNeed, loader];
  const problems: string[] = [];
  if (elf.machine !== elfMachine)
    problems.push(`is for machine ${elf.machine}, not ${elfMachine} as ${arch} is`);
  problems.push(...elf.symbolVersions.flatMap(versionProblems));
  for (const name of mustNeed) if (!elf.needed.includes(name)) problems.push(`does not need ${name}`);
  for (const name of elf.needed)
    if (!known.includes(name)) problems.push(`needs ${name}, which hosts may lack`);
  if (elf.rpaths.length > 0) problems.push(`has RPATH ${elf.rpaths.join()}`);
  const wanted = runpath === undefined ? [] : [runpath];
  if (elf.runpaths.join() !== wanted.join())
    problems.push(`has RUNPATH ${elf.runpaths.join() || 'none'}, not ${wanted.join() || 'none'}`);
  if (elf.hasExecutableStack) problems.push('has an executable stack');
  if (!elf.hasFullRelro) problems.push('is not linked with -z relro -z now');
  if (!elf.isStripped && !isAsPublished) problems.push('is not stripped');
  return problems;
}

function versionProblems(version: string): string[] {
  const [, family = '', numbers = ''] = /^([A-Z]+)_(\d+(?:\.\d+)*)$/.exec(version) ?? [];
  if (BUNDLED_FAMILIES.includes(family)) return [];
  const ceiling = CEILINGS[family];
  if (ceiling === undefined) return [`needs ${version}, of which no host is known to have it`];
  return isNewer(numbers, ceiling) ? [`needs ${version}, newer than ${family}_${ceiling}`] : [];
}

function isNewer(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').map(Number)) as [number[], number[]];
  const place = left.findIndex((number, index) => number !== (right[index] ?? 0));
  return place >= 0 && (left[place] as number) > (right[place] ?? 0);
}
