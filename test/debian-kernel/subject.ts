// What a run is about, from the command line: an architecture, and a tree of programs for it.
import { join, resolve } from 'node:path';
import { ARCH_NAMES, type Arch } from '../../scripts/packaging/arch.ts';
import { readElf } from '../../scripts/packaging/gates/elf.ts';

export interface Subject {
  readonly arch: Arch;
  /** The programs, laid out as they are installed. */
  readonly tree: string;
}

/** The command line asks for what cannot be. */
export class UsageError extends Error {}

/** @throws UsageError in one line, when there is no such architecture, or the tree is not one of its programs */
export function readSubject(words: readonly string[]): Subject {
  const [arch, tree, ...more] = words;
  if (arch === undefined || tree === undefined || more.length > 0) {
    throw new UsageError('needs an architecture and a tree');
  }
  if (!isArch(arch)) {
    throw new UsageError(`no architecture ${arch}, only ${Object.keys(ARCH_NAMES).join(' and ')}`);
  }
  const runtime = join(tree, 'runtime/node');
  let machine: number;
  try {
    ({ machine } = readElf(runtime));
  } catch (error) {
    throw new UsageError(
      `no programs in ${tree} (scripts/package makes a tree): ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (machine !== ARCH_NAMES[arch].elfMachine) {
    throw new UsageError(`${runtime} is not for ${arch}: its ELF machine is ${machine}`);
  }
  return { arch, tree: resolve(tree) };
}

function isArch(name: string): name is Arch {
  return Object.hasOwn(ARCH_NAMES, name);
}
