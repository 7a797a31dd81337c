// The guest's whole file system: the programs as installed, nft and ip, what all of them link to, and kernel modules.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { ARCH_NAMES, type Arch } from '../../scripts/packaging/arch.ts';
import type { Kernel } from './debian-files.ts';
import { linkedLibraries, loaderOf } from './linked-libraries.ts';

const GUEST = join(import.meta.dirname, 'guest');

/** Where the programs are in the guest; guest/init knows it too. */
const INSTALLED = 'opt/cs-instance-watcher';

/** All of the network code, so that the agent's own netlink calls load what they need, as on an instance. */
const MODULES = ['kernel/net', 'kernel/lib', 'kernel/crypto', 'kernel/drivers/net/veth.ko'];

/** From their place in Debian's packages to where guest/init looks for them. */
const TOOLS = { 'bin/busybox': 'bin/busybox', 'bin/ip': 'sbin/ip', 'usr/sbin/nft': 'sbin/nft' };

export interface GuestFiles {
  readonly arch: Arch;
  /** The programs, laid out as they are installed. */
  readonly tree: string;
  /** The packages of Debian, unpacked. */
  readonly debian: string;
  readonly kernel: Kernel;
}

/** Lays the file system out in `directory` and packs it into `archive`. Both must be free. */
export async function packInitramfs(files: GuestFiles, directory: string, archive: string): Promise<void> {
  for (const room of ['bin', 'sbin', 'dev', 'etc', 'proc', 'sys', 'run', 'tmp', 'var/lib', INSTALLED]) {
    mkdirSync(join(directory, room), { recursive: true });
  }
  for (const [from, to] of Object.entries(TOOLS)) place(join(files.debian, from), join(directory, to));
  symlinkSync('busybox', join(directory, 'bin/sh'));
  symlinkSync('../bin/busybox', join(directory, 'sbin/modprobe'));
  place(join(GUEST, 'init'), join(directory, 'init'));

  // Not cpSync: it leaves the links inside a directory as they are, `dereference` or not.
  execFileSync('cp', ['-rL', `${files.tree}/.`, join(directory, INSTALLED)]);
  placeLibraries(files, directory);
  placeModules(files.kernel, directory);

  await build({
    entryPoints: {
      scenario: join(GUEST, 'scenario.ts'),
      'echo-server': join(GUEST, 'echo-server.ts'),
      'cache-accepted': join(GUEST, '../../fixtures/cache-accepted.ts'),
    },
    outdir: join(directory, 'test'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  });
  pack(directory, archive);
}

/** Debian's, for the programs too: they bring libnftnl and libmnl of their own, and are to use those all the same. */
function placeLibraries({ arch, tree, debian }: GuestFiles, directory: string): void {
  const room = join('lib', ARCH_NAMES[arch].gnuTriplet);
  const searched = [join(debian, room), join(debian, 'usr', room)];
  const runtime = join(tree, 'runtime/node');
  const tools = Object.keys(TOOLS).map((tool) => join(debian, tool));
  const libraries = linkedLibraries([runtime, join(tree, 'native/addon.node'), ...tools], searched);
  for (const library of libraries) place(library, join(directory, room, basename(library)));

  const loader = loaderOf(runtime);
  place(join(debian, room, basename(loader)), join(directory, loader));
}

function placeModules(kernel: Kernel, directory: string): void {
  const target = join(directory, 'lib/modules', kernel.release);
  for (const part of MODULES) cpSync(join(kernel.modules, part), join(target, part), { recursive: true });
  for (const list of readdirSync(kernel.modules).filter((name) => name.startsWith('modules.'))) {
    place(join(kernel.modules, list), join(target, list));
  }
  execFileSync('busybox', ['depmod', '-b', directory, kernel.release]);
}

function place(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, 0o755);
}

/** Not compressed: under emulation unpacking costs more than reading. */
function pack(directory: string, archive: string): void {
  const script = 'find . | cpio --quiet -o -H newc -R 0:0 > "$0"';
  execFileSync('sh', ['-c', script, resolve(archive)], { cwd: directory });
}
