// Lays the programs out as they are installed: bin, lib, native, runtime, share. Of any architecture: nothing that is laid out
// is run here but what the code cache needs.
import { chmodSync, copyFileSync, linkSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { ARCH_NAMES, type Arch, hostArch } from '../packaging/arch.ts';
import { writeCompletions } from '../completion.ts';
import { writeManPages } from '../man-pages.ts';
import { type Program, PROGRAMS, writeBundles } from './bundle.ts';
import { V8_OPTIONS } from './v8-options.ts';
import { writeCodeCaches } from './write-code-caches.ts';

/** libnftnl and libmnl, by their sonames. */
export const LIBRARIES = ['libnftnl.so.11', 'libmnl.so.0'] as const;

export interface ProgramParts {
  readonly arch: Arch;
  /** Path of the addon as it was compiled. */
  readonly addon: string;
  /** Path of the node binary. */
  readonly runtime: string;
  /** Where that architecture's libraries are: /, or a directory that stands for it. */
  readonly root: string;
}

/** Writes the tree into `directory`, which must be free, and tells what the bundles were made from. */
export async function layOutPrograms(
  directory: string,
  { arch, addon, runtime, root }: ProgramParts,
): Promise<Metafile> {
  for (const room of ['bin', 'lib', 'native', 'runtime']) {
    mkdirSync(join(directory, room), { recursive: true });
  }
  const metafile = await writeBundles(join(directory, 'lib'));
  for (const program of PROGRAMS) {
    const path = join(directory, 'bin', program);
    writeFileSync(path, launcher(program));
    chmodSync(path, 0o755);
  }
  copyFileSync(addon, join(directory, 'native/addon.node'));
  // Beside the addon, which finds them there (RUNPATH $ORIGIN): the host needs none of them installed.
  for (const name of LIBRARIES) {
    const library = realpathSync(join(root, 'usr/lib', ARCH_NAMES[arch].gnuTriplet, name));
    copyFileSync(library, join(directory, 'native', name));
  }
  placeRuntime(runtime, join(directory, 'runtime/node'));
  writeCodeCaches(join(directory, 'lib'), [...emulator(arch, root), join(directory, 'runtime/node')]);
  writeManPages(join(directory, 'share/man'));
  writeCompletions(join(directory, 'share/bash-completion/completions'));
  return metafile;
}

/** Of the C library: the agent's threads share one heap. */
const VARIABLES: Readonly<Record<Program, string>> = {
  'cs-instance-watcher': 'MALLOC_ARENA_MAX=1 ',
  'cs-interact': '',
};

/**
 * Starts the bundle beside it on the runtime beside it; passes on the path it was started by, for the unit file. What Node
 * shows by NODE_DEBUG has the headers of requests in it, and the environment: credentials.
 */
function launcher(program: Program): string {
  const options = V8_OPTIONS[program].map((option) => `${option} `).join('');
  return `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
unset NODE_DEBUG NODE_DEBUG_NATIVE
CS_PROGRAM_PATH=$0 ${VARIABLES[program]}exec "$here/../runtime/node" ${options}"$here/../lib/start.cjs" "$here/../lib/${program}.cjs" "$@"
`;
}

/** What runs a program of that architecture here, with the libraries below `root` and none that this machine has of it. */
function emulator(arch: Arch, root: string): readonly string[] {
  if (arch === hostArch()) return [];
  const { gnuTriplet } = ARCH_NAMES[arch];
  const libraries = ['lib', 'usr/lib'].map((directory) => join(root, directory, gnuTriplet)).join(':');
  return [`qemu-${gnuTriplet.split('-')[0]}-static`, '-L', root, '-E', `LD_LIBRARY_PATH=${libraries}`];
}

/** The same file under a second name, so that the tree can be copied whole and costs no room here. */
function placeRuntime(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}
